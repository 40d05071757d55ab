//! A server on a socket, an engine over a host in memory, and a client that hides nothing.

mod client;
mod runtime;

use std::path::PathBuf;
use std::sync::Arc;

use palan_contracts::fakes::World;
use palan_docker_server::{Listener, serve};
use palan_engine::images::BuiltinImage;
use palan_engine::system::HostFacts;
use palan_engine::{Drivers, Engine, EngineConfig};
use tokio::net::{UnixListener, UnixStream};
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;

pub use client::{Client, Response, header, request};
use runtime::{Logged, Streaming};

const DOCUMENT: &[u8] = br#"{
    "architecture": "amd64", "os": "linux", "created": "2026-11-25T07:11:02Z",
    "config": {"Env": ["PATH=/bin"], "Cmd": ["sh"]},
    "rootfs": {"type": "layers", "diff_ids": []}
}"#;

/// A running server.
pub struct Server {
    socket: PathBuf,
    /// The container's ends of attached streams, in the order in which they were made.
    pub ends: mpsc::UnboundedReceiver<UnixStream>,
    stop: Option<oneshot::Sender<()>>,
    task: JoinHandle<()>,
    _directory: tempfile::TempDir,
}

impl Server {
    /// A server whose engine has the image `test:latest`.
    pub async fn start() -> Self {
        let world = World::new();
        let (sender, ends) = mpsc::unbounded_channel();
        let engine = engine(&world, sender).await;
        let name = "test:latest".parse().unwrap();
        engine
            .images
            .pull(name, None, Arc::new(|_| ()))
            .await
            .unwrap();
        let directory = tempfile::tempdir().unwrap();
        let socket = directory.path().join("api.sock");
        let listener = Listener::Unix(UnixListener::bind(&socket).unwrap());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async {
            let _ = stopped.await;
        };
        let task = tokio::spawn(serve(engine, vec![listener], shutdown));
        Self {
            socket,
            ends,
            stop: Some(stop),
            task,
            _directory: directory,
        }
    }

    /// A new connection.
    pub async fn connect(&self) -> Client {
        Client::new(UnixStream::connect(&self.socket).await.unwrap())
    }

    /// One request on a connection of its own, with or without a JSON body.
    pub async fn call(&self, method: &str, path: &str, body: &str) -> Response {
        let mut client = self.connect().await;
        client.send(request(method, path, body).as_bytes()).await;
        client.response().await
    }

    /// A container of this name, with these fields besides its image, started.
    pub async fn run(&self, name: &str, fields: &str) {
        self.create(name, fields).await;
        let started = self
            .call("POST", &format!("/containers/{name}/start"), "")
            .await;
        assert_eq!(started.status, 204, "{}", started.text());
    }

    /// A container of this name, with these fields besides its image.
    pub async fn create(&self, name: &str, fields: &str) {
        let body = format!("{{\"Image\":\"test\"{fields}}}");
        let created = self
            .call("POST", &format!("/containers/create?name={name}"), &body)
            .await;
        assert_eq!(created.status, 201, "{}", created.text());
    }

    /// The container's end of the next attached stream.
    pub async fn end(&mut self) -> Client {
        Client::new(self.ends.recv().await.unwrap())
    }

    /// Ends the server and waits for it.
    pub async fn stop(mut self) {
        self.stop.take().unwrap().send(()).unwrap();
        self.task.await.unwrap();
    }
}

async fn engine(world: &World, ends: mpsc::UnboundedSender<UnixStream>) -> Engine {
    let host = Arc::new(world.clone());
    let drivers = Drivers {
        clock: host.clone(),
        content: host.clone(),
        host: host.clone(),
        layers: host.clone(),
        logs: Arc::new(Logged),
        network: host.clone(),
        registry: host.clone(),
        runtime: Arc::new(Streaming {
            world: world.clone(),
            ends,
        }),
        seccomp: host.clone(),
        snapshots: host.clone(),
        state: host.clone(),
        volumes: host,
    };
    let config = EngineConfig {
        built: None,
        bridge: "palan0".to_owned(),
        cgroup_parent: "palan".to_owned(),
        labels: vec![],
        data_root: PathBuf::from("/data"),
        builtin_images: vec![BuiltinImage {
            name: "test:latest".parse().unwrap(),
            archive: DOCUMENT,
        }],
        host: HostFacts {
            cpus: 2,
            cgroup_version: 1,
            ..HostFacts::default()
        },
    };
    Engine::open(drivers, config).await.unwrap()
}
