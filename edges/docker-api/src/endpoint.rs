//! The table of endpoints: each operation's method and path template. The server finds operations
//! with it, the client makes paths with it, so that the two cannot disagree.
//!
//! In a template `{}` stands for one parameter. A parameter is one or more path segments: names of
//! images contain slashes.

use http::Method;
use percent_encoding::{AsciiSet, CONTROLS, percent_decode_str, utf8_percent_encode};

macro_rules! endpoints {
    ($($name:ident $method:ident $template:literal)*) => {
        /// An operation of the API.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        #[allow(missing_docs)]
        pub enum Endpoint {
            $($name,)*
        }

        impl Endpoint {
            /// All operations. Of two templates that match the same path, the first wins.
            pub const ALL: &'static [Endpoint] = &[$(Endpoint::$name,)*];

            /// Method of the request.
            #[must_use]
            pub fn method(self) -> Method {
                match self {
                    $(Self::$name => Method::$method,)*
                }
            }

            /// Path without the version, for example `/containers/{}/json`.
            #[must_use]
            pub const fn template(self) -> &'static str {
                match self {
                    $(Self::$name => $template,)*
                }
            }
        }
    };
}

endpoints! {
    Ping              GET    "/_ping"
    PingHead          HEAD   "/_ping"
    SystemVersion     GET    "/version"
    SystemInfo        GET    "/info"
    SystemEvents      GET    "/events"
    SystemDiskUsage   GET    "/system/df"

    ContainerList     GET    "/containers/json"
    ContainerCreate   POST   "/containers/create"
    ContainerPrune    POST   "/containers/prune"
    ContainerInspect  GET    "/containers/{}/json"
    ContainerTop      GET    "/containers/{}/top"
    ContainerLogs     GET    "/containers/{}/logs"
    ContainerStart    POST   "/containers/{}/start"
    ContainerStop     POST   "/containers/{}/stop"
    ContainerRestart  POST   "/containers/{}/restart"
    ContainerKill     POST   "/containers/{}/kill"
    ContainerRename   POST   "/containers/{}/rename"
    ContainerPause    POST   "/containers/{}/pause"
    ContainerUnpause  POST   "/containers/{}/unpause"
    ContainerAttach   POST   "/containers/{}/attach"
    ContainerResize   POST   "/containers/{}/resize"
    ContainerWait     POST   "/containers/{}/wait"
    ContainerDelete   DELETE "/containers/{}"

    ExecCreate        POST   "/containers/{}/exec"
    ExecStart         POST   "/exec/{}/start"
    ExecResize        POST   "/exec/{}/resize"
    ExecInspect       GET    "/exec/{}/json"

    ImageList         GET    "/images/json"
    ImageCreate       POST   "/images/create"
    ImageLoad         POST   "/images/load"
    ImagePrune        POST   "/images/prune"
    ImageInspect      GET    "/images/{}/json"
    ImageHistory      GET    "/images/{}/history"
    ImageTag          POST   "/images/{}/tag"
    ImageDelete       DELETE "/images/{}"

    VolumeList        GET    "/volumes"
    VolumeCreate      POST   "/volumes/create"
    VolumePrune       POST   "/volumes/prune"
    VolumeInspect     GET    "/volumes/{}"
    VolumeDelete      DELETE "/volumes/{}"

    NetworkList       GET    "/networks"
    NetworkInspect    GET    "/networks/{}"
}

/// What is escaped in a parameter: all but the unreserved characters and those that names contain.
const PARAMETER: &AsciiSet = &CONTROLS
    .add(b' ')
    .add(b'"')
    .add(b'#')
    .add(b'%')
    .add(b'<')
    .add(b'>')
    .add(b'?')
    .add(b'`')
    .add(b'{')
    .add(b'}')
    .add(b'\\')
    .add(b'^')
    .add(b'|');

impl Endpoint {
    /// The path for a parameter (ignored by operations that have none), without the version.
    #[must_use]
    pub fn path(self, parameter: &str) -> String {
        let encoded = utf8_percent_encode(parameter, PARAMETER).to_string();
        self.template().replacen("{}", &encoded, 1)
    }

    /// Finds the operation of a request, with the decoded parameter (empty for operations without
    /// one). `path` carries no version.
    #[must_use]
    pub fn find(method: &Method, path: &str) -> Option<(Endpoint, String)> {
        Self::ALL.iter().find_map(|endpoint| {
            let parameter = match_template(endpoint.template(), path)?;
            (endpoint.method() == *method).then_some((*endpoint, parameter))
        })
    }
}

fn match_template(template: &str, path: &str) -> Option<String> {
    let Some((before, after)) = template.split_once("{}") else {
        return (template == path).then(String::new);
    };
    let parameter = path.strip_prefix(before)?.strip_suffix(after)?;
    let decoded = percent_decode_str(parameter).decode_utf8().ok()?;
    (!decoded.is_empty()).then(|| decoded.into_owned())
}

#[cfg(test)]
mod tests;
