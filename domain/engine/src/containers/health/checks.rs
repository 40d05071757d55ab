//! The actor's side: when probes run, and what their results change.

use std::sync::Arc;

use palan_model::ContainerConfig;
use palan_model::container::Phase;
use tokio::sync::mpsc;

use super::monitor::Monitor;
use super::plan::{Check, plan_check};
use super::status::{Health, HealthStatus, ProbeResult};
use crate::containers::actor::Actor;

/// The checks of one container.
pub(in crate::containers) struct Checks {
    check: Option<Arc<Check>>,
    /// None before the first run, and without a check.
    health: Option<Arc<Health>>,
    /// From the monitor that runs; none while the checks rest.
    results: Option<mpsc::Receiver<ProbeResult>>,
}

impl Checks {
    pub fn new(config: &ContainerConfig) -> Self {
        Self {
            check: plan_check(config).map(Arc::new),
            health: None,
            results: None,
        }
    }

    pub fn health(&self) -> Option<Arc<Health>> {
        self.health.clone()
    }

    /// The next result; none ever while the checks rest. Cancel-safe.
    pub async fn next(&mut self) -> ProbeResult {
        if let Some(results) = &mut self.results
            && let Some(result) = results.recv().await
        {
            return result;
        }
        std::future::pending().await
    }
}

impl Actor {
    /// A run begins, or was found running by a new engine. To be shown by the caller.
    pub(in crate::containers) fn begin_checks(&mut self) {
        if self.checks.check.is_none() {
            return;
        }
        let health = Health::begin(self.checks.health.as_deref());
        self.checks.health = Some(Arc::new(health));
        self.resume_checks();
    }

    /// Probes run from now on, unless the container is paused. To be shown by the caller.
    pub(in crate::containers) fn resume_checks(&mut self) {
        let Checks {
            check: Some(check),
            health: Some(health),
            ..
        } = &self.checks
        else {
            return;
        };
        if self.record.state.phase != Phase::Running {
            return;
        }
        let (sender, receiver) = mpsc::channel(1);
        let monitor = Monitor {
            shared: self.shared.clone(),
            container: self.record.id.clone(),
            started_at: self.record.state.started_at,
            check: check.clone(),
            starting: health.status == HealthStatus::Starting,
            results: sender,
        };
        self.checks.results = Some(receiver);
        tokio::spawn(monitor.run());
    }

    /// No probes from now on; Docker calls this unhealthy, without an event. To be shown by the
    /// caller.
    pub(in crate::containers) fn stop_checks(&mut self) {
        if self.checks.results.take().is_some()
            && let Some(health) = &mut self.checks.health
        {
            Arc::make_mut(health).status = HealthStatus::Unhealthy;
        }
    }

    pub(in crate::containers) fn probed(&mut self, result: ProbeResult) {
        let Checks {
            check: Some(check),
            health: Some(health),
            ..
        } = &mut self.checks
        else {
            return;
        };
        let before = health.status;
        let health = Arc::make_mut(health);
        health.take(check, self.record.state.started_at, result);
        let now = health.status;
        self.publish();
        if now != before {
            let action = format!("health_status: {}", now.as_str());
            self.shared.event(&self.record, &action, []);
        }
    }
}
