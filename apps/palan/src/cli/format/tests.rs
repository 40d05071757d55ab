use std::time::Duration;

use palan_docker_api::container::PortSummary;

use super::human::human_duration;
use super::table::LISTING;
use super::*;

#[test]
fn sizes_have_dockers_digits() {
    for (bytes, short, long) in [
        (0.0, "0B", "0B"),
        (999.0, "999B", "999B"),
        (4_982_000.0, "4.98MB", "4.982MB"),
        (36_450.0, "36.5kB", "36.45kB"),
        (88_970_000.0, "89MB", "88.97MB"),
        (119_999_999.0, "120MB", "120MB"),
        (999_900.0, "1e+03kB", "999.9kB"),
    ] {
        assert_eq!(short_decimal_size(bytes), short);
        assert_eq!(decimal_size(bytes), long);
    }
    assert_eq!(binary_size(25_276_000_000.0), "23.54GiB");
    assert_eq!(binary_size(1024.0), "1KiB");
}

#[test]
fn durations_are_told_in_their_largest_unit() {
    for (seconds, text) in [
        (0, "Less than a second"),
        (1, "1 second"),
        (59, "59 seconds"),
        (60, "About a minute"),
        (119, "About a minute"),
        (120, "2 minutes"),
        (3599, "59 minutes"),
        (3600, "About an hour"),
        (5399, "About an hour"),
        (5400, "2 hours"),
        (47 * 3600, "47 hours"),
        (48 * 3600, "2 days"),
        (14 * 86400, "2 weeks"),
        (60 * 86400, "2 months"),
        (730 * 86400, "2 years"),
    ] {
        assert_eq!(
            human_duration(Duration::from_secs(seconds)),
            text,
            "{seconds}"
        );
    }
}

#[test]
fn columns_are_as_wide_as_their_widest_cell() {
    let text = "A\tBB\tC\nlong enough cell\tx\ty\n\tz\t\n";
    assert_eq!(
        align(text, LISTING),
        "A                  BB        C\nlong enough cell   x         y\n                   z         \n"
    );
}

#[test]
fn a_line_without_the_column_ends_its_block() {
    let columns = Columns {
        minimum: 0,
        padding: 1,
    };
    assert_eq!(
        align("aaa\tb\nplain\na\tb\n", columns),
        "aaa b\nplain\na b\n"
    );
    assert_eq!(align("no end", columns), "no end");
}

#[test]
fn wide_characters_take_two_columns() {
    let columns = Columns {
        minimum: 0,
        padding: 1,
    };
    assert_eq!(align("語\tx\nab\ty\n", columns), "語 x\nab y\n");
}

#[test]
fn texts_are_cut_and_quoted() {
    assert_eq!(ellipsis("short", 20), "short");
    assert_eq!(
        ellipsis("sh -c 'echo one; echo two'", 20),
        "sh -c 'echo one; ec…"
    );
    assert_eq!(ellipsis("日本語日本語", 6), "日本…");
    assert_eq!(quote("a\"b\\c\n\u{1}é"), "\"a\\\"b\\\\c\\n\\x01é\"");
    assert_eq!(short_id("sha256:0123456789abcdef"), "0123456789ab");
    assert_eq!(short_id("abc"), "abc");
}

#[test]
fn names_are_ordered_naturally() {
    let mut names = ["v10", "v9", "v1", "a", "v09", "v1a"];
    names.sort_by(|left, right| natural_order(left, right));
    assert_eq!(names, ["a", "v1", "v1a", "v9", "v09", "v10"]);
}

fn port(ip: &str, private: u16, public: u16, protocol: &str) -> PortSummary {
    PortSummary {
        ip: ip.to_owned(),
        private_port: private,
        public_port: public,
        protocol: protocol.to_owned(),
    }
}

#[test]
fn neighbouring_ports_are_merged() {
    let udp = |number| port("127.0.0.1", number, number, "udp");
    let ports = [
        port("::", 80, 18080, "tcp"),
        udp(9002),
        port("0.0.0.0", 80, 18080, "tcp"),
        udp(9000),
        udp(9001),
        port("", 443, 0, "tcp"),
        port("", 444, 0, "tcp"),
        port("", 446, 0, "tcp"),
    ];
    assert_eq!(
        display_ports(&ports),
        "443-444/tcp, 446/tcp, 127.0.0.1:9000-9002->9000-9002/udp, 0.0.0.0:18080->80/tcp, \
         [::]:18080->80/tcp"
    );
    assert_eq!(display_ports(&[]), "");
    assert_eq!(
        display_ports(&[port("::", 80, 80, "tcp")]),
        "[::]:80->80/tcp"
    );
}

fn document(text: &str) -> Document {
    serde_json::from_str(text).unwrap()
}

fn filled(template: &str, json: &str) -> String {
    Template::parse(template)
        .unwrap()
        .execute(&document(json))
        .unwrap()
}

const CONTAINER: &str = r#"{"Id":"abc","State":{"Status":"running","Pid":7},
    "Config":{"Labels":{"k":"v","Maintainer":"m"},"Env":["A=1","B=<2>"],"Cmd":null},
    "NetworkSettings":{"Ports":{"80/tcp":[{"HostIp":"0.0.0.0","HostPort":"8080"}]},
    "Networks":{"Bridge":{"IPAddress":"172.17.0.2"}}},"Mounts":[]}"#;

#[test]
fn templates_see_the_engines_documents() {
    for (template, text) in [
        ("{{.State.Status}} {{.ID}}", "running abc"),
        (
            "{{.Id}} {{json .State}}",
            r#"abc {"Pid":7,"Status":"running"}"#,
        ),
        ("{{json .State}}", r#"{"Status":"running","Pid":7}"#),
        ("{{json .Config.Env}}", r#"["A=1","B=<2>"]"#),
        ("{{join .Config.Env \",\" | lower}}", "a=1,b=<2>"),
        ("{{index .Config.Labels \"k\"}} {{.Config.Labels.k}}", "v v"),
        (
            "{{(index (index .NetworkSettings.Ports \"80/tcp\") 0).HostPort}}",
            "8080",
        ),
        (
            "{{range $n, $e := .NetworkSettings.Networks}}{{$n}}={{$e.IPAddress}};{{end}}",
            "Bridge=172.17.0.2;",
        ),
        (
            "{{range $k, $v := .Config.Labels}}{{$k}},{{end}}",
            "Maintainer,k,",
        ),
        (
            "{{if .State.Health}}{{.State.Health.Status}}{{else}}none{{end}}",
            "none",
        ),
        (
            "{{len .Mounts}} {{title \"ab cd\"}} {{upper .Id}} {{truncate .Id 2}}",
            "0 Ab Cd ABC ab",
        ),
        (
            "{{range split \"a:b\" \":\"}}<{{.}}>{{end}}{{pad \"x\" 1 2}}|",
            "<a><b> x  |",
        ),
        ("{{println .State.Pid}}", "7\n"),
        ("{{.Config.Labels.missing}}", "<no value>"),
    ] {
        assert_eq!(filled(template, CONTAINER), text, "{template}");
    }
}

#[test]
fn template_errors_are_gos() {
    let parse = |text: &str| Template::parse(text).err().unwrap().text;
    assert_eq!(parse("{{.ID"), "template: :1: unclosed action");
    assert_eq!(
        parse("{{nope .ID}}"),
        "template: :1: function \"nope\" not defined"
    );
    let template = Template::parse("{{.State.Nope}}").unwrap();
    assert_eq!(
        template
            .execute(&document(CONTAINER))
            .unwrap_err()
            .to_string(),
        "template parsing error: template: :1:8: executing \"\" at <.State.Nope>: map has no \
         entry for key \"Nope\""
    );
}

#[test]
fn documents_keep_their_order() {
    let text = r#"{"b":1,"a":[true,null,{}],"c":{"z":"é\n","y":[]},"f":1.5}"#;
    assert_eq!(document(text).compact(), text);
    assert_eq!(
        document(r#"[{"b":1,"a":[2]}]"#).indented(),
        "[\n    {\n        \"b\": 1,\n        \"a\": [\n            2\n        ]\n    }\n]"
    );
}

const SHAPE: Shape = Shape {
    columns: &[
        ("ID", "THING ID"),
        ("Name", "NAME"),
        ("Platform", "PLATFORM"),
    ],
    table: "{{.ID}}\t{{.Name}}",
    quiet: "{{.ID}}",
    raw: "id: {{.ID}}\n",
    go_type: "*formatter.thing",
};

fn listing(format: &str, quiet: bool) -> Result<String, TemplateFailure> {
    let row = |id: &str, name: &str| Row {
        values: vec![Some(id.to_owned()), Some(name.to_owned()), None],
        labels: [("a.b-c".to_owned(), "L".to_owned())].into(),
    };
    let listing = Listing {
        shape: &SHAPE,
        rows: vec![row("1", "<one>"), row("22", "two")],
    };
    listing.render(&Format::choose(&SHAPE, format, quiet))
}

#[test]
fn listings_in_every_format() {
    for (format, quiet, text) in [
        (
            "",
            false,
            "THING ID   NAME\n1          <one>\n22         two\n",
        ),
        (
            "table",
            false,
            "THING ID   NAME\n1          <one>\n22         two\n",
        ),
        ("", true, "1\n22\n"),
        ("raw", false, "id: 1\n\nid: 22\n\n"),
        (
            "json",
            false,
            "{\"ID\":\"1\",\"Name\":\"\\u003cone\\u003e\",\"Platform\":null}\n\
             {\"ID\":\"22\",\"Name\":\"two\",\"Platform\":null}\n",
        ),
        (
            "{{.Name}}={{json .Name}}",
            false,
            "<one>=\"<one>\"\ntwo=\"two\"\n",
        ),
        (
            "table {{upper .Name}}\\t{{.Label \"a.b-c\"}}",
            false,
            "NAME      b c\n<ONE>     L\nTWO       L\n",
        ),
    ] {
        assert_eq!(listing(format, quiet).unwrap(), text, "{format}");
    }
}

#[test]
fn listings_name_the_missing_field() {
    assert_eq!(
        listing("{{.Nope}}", false).unwrap_err().text,
        "template: :1:2: executing \"\" at <.Nope>: can't evaluate field Nope in type \
         *formatter.thing"
    );
}

#[test]
fn formats_know_which_fields_they_use() {
    let uses = |format: &str| Format::choose(&SHAPE, format, false).uses("ID");
    assert!(uses("") && uses("json") && uses("{{.ID}}") && uses("{{json .}}"));
    assert!(!uses("{{.IDs}}") && !uses("{{.Name}}"));
    let with = Format::choose(&SHAPE, "", false).with_column("Size");
    assert_eq!(
        with,
        Format::Table("{{.ID}}\t{{.Name}}\t{{.Size}}".to_owned())
    );
}

#[test]
fn times_in_gos_formats() {
    assert_eq!(
        ansi_c("2026-05-07T21:09:36.000000000+00:00"),
        "Thu May  7 21:09:36 2026"
    );
    assert_eq!(ansi_c("unknown"), "unknown");
    assert_eq!(
        go_time("2026-11-25T07:12:14.26861189Z"),
        "2026-11-25 07:12:14.26861189 +0000 UTC"
    );
    assert_eq!(
        go_time("2026-11-25T07:12:14Z"),
        "2026-11-25 07:12:14 +0000 UTC"
    );
}
