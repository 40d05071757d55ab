//! Starting: sandbox, network, files, runtime; each step undone when a later one fails.

use std::os::fd::OwnedFd;
use std::time::Duration;

use palan_contracts::Started;
use palan_model::container::Phase;
use palan_model::run::{DeviceNode, Namespace, RunSpec};

use super::actor::{Actor, FIRST_BACKOFF, PendingAttach};
use super::run_spec::{self, Joined, SharedNamespaces, Sharing, Surroundings, parse_security};
use super::{Containers, files};
use crate::{Error, Result};

/// A run at least this long resets the restart policy's back-off, as in Docker.
pub(super) const STABLE_RUN: Duration = Duration::from_secs(10);

/// What Docker puts before the runtime's own words.
const RUNTIME_PREFIX: &str = "failed to create task for container: failed to create shim task: OCI runtime create failed: \
     runc create failed: unable to start container process: ";

impl Containers {
    /// Starts a container.
    ///
    /// # Errors
    /// `NotModified` when it runs; else whatever kept it from running: its state tells it too.
    pub async fn start(&self, name: &str) -> Result<()> {
        self.find(name)?.ask(super::actor::Command::Start).await
    }
}

impl Actor {
    pub(super) async fn start_by_client(&mut self) -> Result<()> {
        match self.record.state.phase {
            Phase::Running | Phase::Restarting => {
                return Err(Error::NotModified(
                    "container is already running".to_owned(),
                ));
            }
            Phase::Paused => {
                return Err(Error::Conflict(
                    "cannot start a paused container, try unpause instead".to_owned(),
                ));
            }
            Phase::Removing | Phase::Dead => {
                return Err(Error::Conflict(
                    "container is marked for removal and cannot be started".to_owned(),
                ));
            }
            Phase::Created | Phase::Exited => {}
        }
        self.record.state.restart_count = 0;
        self.record.state.stopped_by_user = false;
        self.backoff = FIRST_BACKOFF;
        let started = self.start().await;
        if started.is_err() && self.record.host.auto_remove {
            // There will be no end at which to remove it.
            let removed = self.delete(true).await;
            self.note("remove the container that did not start", removed);
        }
        started
    }

    /// Starts the container; on failure its state says why.
    pub(super) async fn start(&mut self) -> Result<()> {
        self.restart_at = None;
        match self.try_start().await {
            Ok(()) => Ok(()),
            Err(error) => {
                let state = &mut self.record.state;
                state.error = error.to_string();
                state.exit_code = exit_code(&error);
                state.pid = 0;
                let gives_up = state.phase == Phase::Restarting;
                if gives_up {
                    state.phase = Phase::Exited;
                }
                self.pending.clear();
                self.publish();
                if gives_up {
                    // Who waits for its end waited for this.
                    self.show_exit();
                }
                let stored = self.store().await;
                self.note("store the failed start", stored);
                Err(error)
            }
        }
    }

    async fn try_start(&mut self) -> Result<()> {
        let (network, sandbox) = self.open_sandbox().await?;
        let started = match self.run_in(network, sandbox).await {
            Ok(started) => started,
            Err(error) => {
                self.leave_networks().await;
                return Err(error);
            }
        };
        let state = &mut self.record.state;
        state.phase = Phase::Running;
        state.pid = started.pid;
        state.started_at = Some(started.at);
        state.exit_code = 0;
        state.error.clear();
        state.oom_killed = false;
        self.exit = Some(started.exit);
        self.shared.images.set_running(&self.record.id, true);
        self.begin_checks();
        self.publish();
        self.shared.event(&self.record, "start", []);
        // The runner knows that it runs, and the next engine asks it: the store may learn it later.
        let stored = self.store().await;
        self.note("store the start", stored);
        Ok(())
    }

    async fn run_in(&mut self, network: Namespace, sandbox: Option<OwnedFd>) -> Result<Started> {
        let spec = self.plan(network).await?;
        // The leases must be known to the next engine before the container can outlive this one.
        self.store().await?;
        self.release_run().await;
        self.volume_events();
        self.pending.retain(|pending| !pending.stream.is_closed());
        let pending = std::mem::take(&mut self.pending);
        let attach = pending.iter().map(|pending| pending.spec).collect();
        let mut started = self
            .shared
            .drivers
            .runtime
            .start(spec, sandbox, attach)
            .await
            .map_err(start_error)?;
        for (PendingAttach { stream, .. }, attached) in
            pending.into_iter().zip(started.attached.drain(..))
        {
            // A client that went away meanwhile is detached by dropping its stream.
            let _ = stream.send(attached);
        }
        Ok(started)
    }

    async fn plan(&self, network: Namespace) -> Result<RunSpec> {
        let shared = &self.shared;
        let record = &self.record;
        let security = parse_security(&record.host)?;
        let (seccomp, devices) = tokio::try_join!(shared.filter(&security), self.devices())?;
        let layers = shared.images.layer_paths(&record.layers);
        let rootfs = shared
            .drivers
            .snapshots
            .prepare(&record.id, &layers, record.host.auto_remove)
            .await?;
        let shares_host = network == Namespace::Host;
        self.write_files(shares_host).await?;
        let directory = shared.drivers.snapshots.directory(&record.id);
        let named = match record.host.network_mode.strip_prefix("container:") {
            Some(other) => shared.record(other)?.id.clone(),
            None => record.id.clone(),
        };
        let network_files = shared.drivers.snapshots.files(&named);
        run_spec::plan_run(
            record,
            Surroundings {
                directory: &directory,
                network_files: &network_files,
                rootfs,
                network,
                joined: self.joined()?,
                devices,
                seccomp,
                cgroup_parent: &shared.config.cgroup_parent,
                cgroup_version: shared.config.host.cgroup_version,
            },
        )
    }

    async fn devices(&self) -> Result<Vec<(DeviceNode, String)>> {
        let host = &self.shared.drivers.host;
        let mut devices = vec![];
        if self.record.host.privileged {
            let all = host.devices("/dev".as_ref()).await?;
            devices.extend(all.into_iter().map(|device| (device, "rwm".to_owned())));
        }
        for mapping in &self.record.host.resources.devices {
            for mut device in host.devices(mapping.path_on_host.as_ref()).await? {
                let below = device
                    .path
                    .strip_prefix(&mapping.path_on_host)
                    .unwrap_or_default();
                device.path = format!("{}{below}", mapping.path_in_container);
                devices.push((device, mapping.cgroup_permissions.clone()));
            }
        }
        Ok(devices)
    }

    async fn write_files(&self, shares_host: bool) -> Result<()> {
        let (id, config) = (&self.record.id, &self.record.config);
        let (address, gateway) = self.addresses();
        let inherited = self.shared.drivers.host.resolv_conf().await?;
        let inherited = String::from_utf8_lossy(&inherited);
        let host = &self.record.host;
        let hosts = files::hosts(host, &config.hostname, &config.domainname, address, gateway);
        let resolv_conf = files::resolv_conf(&inherited, host, shares_host);
        let hostname = format!("{}\n", config.hostname);
        let write = |name, contents| async move {
            self.shared
                .drivers
                .snapshots
                .write_file(id, name, contents)
                .await
        };
        tokio::try_join!(
            write("hosts", hosts.as_bytes()),
            write("resolv.conf", resolv_conf.as_bytes()),
            write("hostname", hostname.as_bytes()),
        )?;
        Ok(())
    }

    fn joined(&self) -> Result<Joined> {
        let version = self.shared.config.host.cgroup_version;
        let namespaces = SharedNamespaces::parse(&self.record.host, version)?;
        let path = |sharing: &Sharing, kind| match sharing {
            Sharing::Container(name) => self.namespace_of(name, kind).map(Some),
            _ => Ok(None),
        };
        Ok(Joined {
            pid: path(&namespaces.pid, "pid")?,
            ipc: path(&namespaces.ipc, "ipc")?,
        })
    }

    fn volume_events(&self) {
        for (name, point) in super::volumes_of(&self.record) {
            self.shared.volumes.event(
                "mount",
                &name,
                [
                    ("container", self.record.id.to_string()),
                    ("destination", point.destination.clone()),
                    ("driver", "local".to_owned()),
                    ("propagation", String::new()),
                    ("read/write", point.rw.to_string()),
                ],
            );
        }
    }
}

/// Failures of the program itself carry an exit code and get Docker's words in front.
fn start_error(error: palan_contracts::Error) -> Error {
    let kind = error.kind();
    match error.exit_code() {
        Some(exit_code @ (126 | 127)) => Error::StartFailed {
            kind: palan_model::ErrorKind::InvalidParameter,
            exit_code,
            message: format!("{RUNTIME_PREFIX}{}: unknown", error.chain()),
        },
        Some(exit_code) => Error::StartFailed {
            kind,
            exit_code,
            message: error.chain(),
        },
        None => error.into(),
    }
}

fn exit_code(error: &Error) -> i32 {
    match error {
        Error::StartFailed { exit_code, .. } => *exit_code,
        _ => 128,
    }
}
