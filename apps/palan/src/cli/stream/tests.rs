use super::DetachKeys;
use super::progress::{Display, show};

fn filtered(keys: &mut DetachKeys, input: &[u8]) -> (Vec<u8>, bool) {
    keys.filter(input)
}

#[test]
fn the_default_keys_are_held_back_and_detach() {
    let mut keys = DetachKeys::parse("").unwrap();
    assert_eq!(filtered(&mut keys, b"ab"), (b"ab".to_vec(), false));
    assert_eq!(filtered(&mut keys, &[16]), (vec![], false));
    assert_eq!(filtered(&mut keys, b"x"), (vec![16, b'x'], false));
    assert_eq!(filtered(&mut keys, &[b'a', 16]), (vec![b'a'], false));
    assert_eq!(filtered(&mut keys, &[16]), (vec![16], false));
    assert_eq!(filtered(&mut keys, &[17, b'z']), (vec![], true));
}

#[test]
fn other_keys() {
    let mut keys = DetachKeys::parse("ctrl-a,b,ctrl-],ctrl-@,DEL").unwrap();
    assert_eq!(keys.filter(&[1, b'b', 29, 0, 127]), (vec![], true));
    for text in ["ctrl-", "ctrl-1", "ab", "a,,b", "ctrl-é"] {
        assert!(DetachKeys::parse(text).is_err(), "{text}");
    }
}

fn shown(messages: &str, columns: Option<usize>) -> (String, Result<(), String>) {
    let mut output = Vec::new();
    let display = Display {
        output: &mut output,
        columns,
    };
    let outcome = show(messages.as_bytes(), display).map_err(|failure| failure.text);
    (String::from_utf8(output).unwrap(), outcome)
}

const PULL: &str = r#"{"status":"Pulling from bb","id":"two"}
{"status":"Already exists","progressDetail":{},"id":"aa"}
{"status":"Downloading","progressDetail":{"current":36450,"total":3001000},"id":"bb"}
{"status":"Pull complete","progressDetail":{},"id":"bb"}
{"status":"Digest: sha256:1"}
"#;

#[test]
fn files_get_one_line_per_step() {
    let (text, outcome) = shown(PULL, None);
    assert_eq!(
        text,
        "two: Pulling from bb\naa: Already exists\nbb: Pull complete\nDigest: sha256:1\n"
    );
    assert_eq!(outcome, Ok(()));
}

#[test]
fn terminals_get_lines_that_are_rewritten() {
    let bar = format!("[>{}]  36.45kB/3.001MB", " ".repeat(50));
    let wanted = format!(
        "two: Pulling from bb\n\n\x1b[1A\x1b[2K\raa: Already exists \r\x1b[1B\n\x1b[1A\x1b[2K\r\
         bb: Downloading {bar}\r\x1b[1B\x1b[1A\x1b[2K\rbb: Pull complete \r\x1b[1BDigest: \
         sha256:1\n"
    );
    assert_eq!(shown(PULL, Some(120)).0, wanted);
    let (narrow, _) = shown(PULL, Some(80));
    assert!(
        narrow.contains("bb: Downloading  36.45kB/3.001MB\r"),
        "{narrow:?}"
    );
}

#[test]
fn streams_are_printed_as_they_are_and_errors_fail() {
    let messages = "{\"stream\":\"Loaded image: x\\n\"}\n{\"errorDetail\":{\"message\":\"boom\"},\
                    \"error\":\"boom\"}\n";
    let (text, outcome) = shown(messages, None);
    assert_eq!(text, "Loaded image: x\n");
    assert_eq!(outcome, Err("boom".to_owned()));
    assert_eq!(
        shown("{\"status\":", None).1,
        Err("unexpected EOF".to_owned())
    );
}
