//! Containers, volumes and networks: requests and the shape of answers.

use std::collections::BTreeSet;

use serde_json::Value;

use crate::support::Server;

const CREATE: &str = r#"{"Image":"test","Cmd":["sh","-c","echo out"],"Env":["A=b"],
    "OpenStdin":true,"ExposedPorts":{"80/tcp":{}},"HostConfig":{
    "PortBindings":{"80/tcp":[{"HostPort":"18080"}]},"Binds":["/tmp:/host:ro","vol1:/vol"],
    "Memory":67108864,"RestartPolicy":{"Name":"on-failure","MaximumRetryCount":3}}}"#;

/// Paths of all fields.
fn fields(place: &str, value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(object) => {
            for (key, value) in object {
                found.insert(format!("{place}.{key}"));
                fields(&format!("{place}.{key}"), value, found);
            }
        }
        Value::Array(list) => {
            for value in list {
                fields(place, value, found);
            }
        }
        _ => {}
    }
}

/// The fields are those of dockerd's answer, but for those named.
fn assert_same_fields(ours: &Value, captured: &str, except: &[&str]) {
    let folder = concat!(env!("CARGO_MANIFEST_DIR"), "/../docker-api/tests/captures/");
    let theirs = std::fs::read(format!("{folder}{captured}")).unwrap();
    let theirs: Value = serde_json::from_slice(&theirs).unwrap();
    let (mut a, mut b) = (BTreeSet::new(), BTreeSet::new());
    fields("", ours, &mut a);
    fields("", &theirs, &mut b);
    let difference: Vec<_> = a
        .symmetric_difference(&b)
        .filter(|field| !except.iter().any(|prefix| field.starts_with(prefix)))
        .collect();
    assert!(difference.is_empty(), "{captured}: {difference:?}");
}

#[tokio::test]
async fn a_container_is_shown_as_dockerd_shows_it() {
    let server = Server::start().await;
    let created = server
        .call("POST", "/v1.41/containers/create?name=c1", CREATE)
        .await;
    assert_eq!(created.status, 201, "{}", created.text());
    assert_eq!(created.json()["Warnings"], Value::Array(vec![]));
    let id = created.json()["Id"].as_str().unwrap().to_owned();

    let overlay = &[".GraphDriver.Data."];
    let inspected = server
        .call("GET", "/v1.41/containers/c1/json", "")
        .await
        .json();
    assert_same_fields(&inspected, "container_inspect_created.json", overlay);
    assert_eq!(inspected["State"]["Status"], "created");
    assert_eq!(inspected["Config"]["Hostname"], id[..12]);
    assert_eq!(
        inspected["HostConfig"]["RestartPolicy"]["MaximumRetryCount"],
        3
    );

    assert_eq!(
        server.call("POST", "/containers/c1/start", "").await.status,
        204
    );
    let again = server.call("POST", "/containers/c1/start", "").await;
    assert_eq!((again.status, again.body.len()), (304, 0));
    assert_eq!(again.header("Content-Length"), None);

    let running = server
        .call("GET", "/v1.41/containers/c1/json?size=1", "")
        .await
        .json();
    assert_same_fields(&running, "container_inspect_running_size.json", overlay);
    assert_eq!(running["State"]["Running"], true);
    assert_eq!(
        running["NetworkSettings"]["Ports"]["80/tcp"][0]["HostPort"],
        "18080"
    );
    assert_eq!(running["NetworkSettings"]["IPAddress"], "172.17.0.2");
    assert_eq!(running["NetworkSettings"]["Gateway"], "172.17.0.1");

    let list = server
        .call("GET", "/v1.41/containers/json", "")
        .await
        .json();
    // Nothing was written, so dockerd leaves the sizes out too.
    assert_same_fields(
        &list,
        "container_list_all_size.json",
        &[".SizeRootFs", ".NetworkSettings.Networks.nosuchnet"],
    );
    assert_eq!(list[0]["Command"], "sh -c 'echo out'");
    assert!(list[0]["Status"].as_str().unwrap().starts_with("Up "));
    assert_eq!(list[0]["Ports"][0]["PublicPort"], 18080);
}

#[tokio::test]
async fn newer_clients_see_newer_fields() {
    let server = Server::start().await;
    server.run("cc", "").await;
    let old = server
        .call("GET", "/v1.41/containers/cc/json", "")
        .await
        .json();
    let new = server.call("GET", "/containers/cc/json", "").await.json();
    let endpoint = |value: &Value| value["NetworkSettings"]["Networks"]["bridge"].clone();
    assert_eq!(endpoint(&old).get("DNSNames"), None);
    assert_eq!(endpoint(&new).get("DNSNames"), Some(&Value::Null));
    assert_eq!(endpoint(&new)["GwPriority"], 0);
    assert_eq!(old["HostConfig"]["KernelMemory"], 0);
    assert_eq!(new["HostConfig"].get("KernelMemory"), None);
    assert_eq!(old["HostConfig"]["NetworkMode"], "default");
    assert_eq!(new["HostConfig"]["NetworkMode"], "bridge");
}

#[tokio::test]
async fn the_life_of_a_container() {
    let server = Server::start().await;
    server.run("cc", "").await;
    let calls = [
        ("POST", "/containers/cc/pause", 204),
        ("POST", "/containers/cc/pause", 409),
        ("POST", "/containers/cc/unpause", 204),
        ("POST", "/containers/cc/rename?name=dd", 204),
        ("POST", "/containers/dd/resize?h=10&w=20", 200),
        ("POST", "/containers/dd/restart?t=1", 204),
        ("DELETE", "/containers/dd", 409),
        ("POST", "/containers/dd/kill?signal=HUP", 204),
        ("POST", "/containers/dd/stop?t=1", 204),
        ("POST", "/containers/dd/stop", 304),
        ("POST", "/containers/dd/kill", 409),
        ("GET", "/containers/dd/top", 409),
        ("DELETE", "/containers/dd?v=1", 204),
        ("DELETE", "/containers/dd", 404),
    ];
    for (method, path, status) in calls {
        let answer = server.call(method, path, "").await;
        assert_eq!(answer.status, status, "{method} {path}: {}", answer.text());
    }
}

#[tokio::test]
async fn refusals_are_in_dockers_words() {
    let server = Server::start().await;
    server.create("cc", "").await;
    let cases = [
        (
            "POST",
            "/containers/create",
            "{bad",
            400,
            "invalid character 'b' looking for beginning of object key string",
        ),
        (
            "POST",
            "/containers/create?name=-x",
            "{\"Image\":\"test\"}",
            400,
            "Invalid container name (-x), only [a-zA-Z0-9][a-zA-Z0-9_.-] are allowed",
        ),
        (
            "POST",
            "/containers/create",
            "{\"Image\":\"nosuch:latest\"}",
            404,
            "No such image: nosuch:latest",
        ),
        (
            "GET",
            "/containers/nosuch/json",
            "",
            404,
            "No such container: nosuch",
        ),
        (
            "POST",
            "/containers/cc/kill?signal=NOPE",
            "",
            400,
            "Invalid signal: NOPE",
        ),
        (
            "POST",
            "/containers/cc/rename?name=cc",
            "",
            400,
            "Renaming a container with the same name as its current name",
        ),
        (
            "POST",
            "/containers/cc/wait?condition=nope",
            "",
            400,
            "invalid condition: \"nope\"",
        ),
        (
            "GET",
            "/containers/json?filters=xx",
            "",
            400,
            "invalid character 'x' looking for beginning of value",
        ),
        (
            "GET",
            "/containers/json?filters=%7B%22nope%22%3A%5B%22x%22%5D%7D",
            "",
            400,
            "Invalid filter 'nope'",
        ),
        (
            "GET",
            "/containers/cc/logs",
            "",
            400,
            "Bad parameters: you must choose at least one stream",
        ),
        (
            "GET",
            "/events?since=xx",
            "",
            400,
            "strconv.ParseInt: parsing \"xx\": invalid syntax",
        ),
        (
            "GET",
            "/volumes/nosuch",
            "",
            404,
            "get nosuch: no such volume",
        ),
        (
            "GET",
            "/networks/nosuch",
            "",
            404,
            "network nosuch not found",
        ),
    ];
    for (method, path, body, status, message) in cases {
        let answer = server.call(method, path, body).await;
        assert_eq!(answer.status, status, "{path}: {}", answer.text());
        assert_eq!(answer.json()["message"], message);
    }
}

#[tokio::test]
async fn volumes_and_networks_are_shown_as_dockerd_shows_them() {
    let server = Server::start().await;
    let body = "{\"Name\":\"v9\",\"Labels\":{\"a\":\"b\"}}";
    let created = server.call("POST", "/v1.41/volumes/create", body).await;
    assert_eq!(created.status, 201);
    let list = server.call("GET", "/v1.41/volumes", "").await.json();
    assert_eq!(list["Volumes"][0], created.json());
    assert_same_fields(&list, "volume_list.json", &[]);
    assert_eq!(server.call("DELETE", "/volumes/v9", "").await.status, 204);

    let networks = server.call("GET", "/v1.41/networks", "").await.json();
    assert_same_fields(&networks, "networks.json", &[".Options."]);
    assert_eq!(networks.as_array().unwrap().len(), 3);
    server.run("cc", "").await;
    let bridge = server.call("GET", "/networks/bridge", "").await.json();
    let container = bridge["Containers"]
        .as_object()
        .unwrap()
        .values()
        .next()
        .unwrap()
        .clone();
    assert_eq!(
        (&container["Name"], &container["IPv4Address"]),
        (&"cc".into(), &"172.17.0.2/16".into())
    );
}
