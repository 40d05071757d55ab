use super::*;

fn find(method: Method, path: &str) -> Option<(Endpoint, String)> {
    Endpoint::find(&method, path)
}

#[test]
fn every_operation_finds_its_own_path() {
    for endpoint in Endpoint::ALL {
        let has_parameter = endpoint.template().contains("{}");
        let parameter = if has_parameter { "name" } else { "" };
        assert_eq!(
            find(endpoint.method(), &endpoint.path("name")),
            Some((*endpoint, parameter.to_owned())),
        );
    }
}

#[test]
fn names_of_images_contain_slashes_and_digests() {
    let name = "127.0.0.1:5000/team/app@sha256:10f0";
    let path = Endpoint::ImageInspect.path(name);
    assert_eq!(path, format!("/images/{name}/json"));
    assert_eq!(
        find(Method::GET, &path),
        Some((Endpoint::ImageInspect, name.to_owned()))
    );
    assert_eq!(
        find(Method::DELETE, "/images/a%2Fb:c"),
        Some((Endpoint::ImageDelete, "a/b:c".to_owned()))
    );
}

#[test]
fn fixed_paths_win_over_parameters() {
    assert_eq!(
        find(Method::GET, "/images/json"),
        Some((Endpoint::ImageList, String::new()))
    );
    assert_eq!(
        find(Method::POST, "/volumes/create").unwrap().0,
        Endpoint::VolumeCreate
    );
    assert_eq!(
        find(Method::GET, "/containers/json").unwrap().0,
        Endpoint::ContainerList
    );
}

#[test]
fn unknown_paths_and_methods_are_not_found() {
    assert_eq!(find(Method::GET, "/nope"), None);
    assert_eq!(find(Method::PATCH, "/containers/json"), None);
    assert_eq!(find(Method::GET, "/containers//json"), None);
    assert_eq!(find(Method::GET, "/images/%ff/json"), None);
    assert_eq!(find(Method::GET, "/containers/json/"), None);
}

#[test]
fn special_characters_are_escaped_and_come_back() {
    let name = "a b?c#d%e\u{e9}";
    let path = Endpoint::ContainerStart.path(name);
    assert!(!path.contains(['?', '#', ' ']), "{path}");
    assert_eq!(find(Method::POST, &path).unwrap().1, name);
}
