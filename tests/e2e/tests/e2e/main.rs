//! End-to-end tests: Docker's command line on dockerd and on Palan, compared output by output.
//!
//! One file for each command or subject. A scenario runs on the reference engine and on Palan at
//! the same time; its own checks must hold on both, and so must what a user sees. The engines are
//! started once, used by one scenario at a time, and checked at the end to have left nothing.

use std::process::ExitCode;
use std::sync::{Arc, Mutex};

use anyhow::{Result, anyhow};
use libtest_mimic::{Arguments, Failed, Trial};
use palan_e2e::{Client, Engine, Engines, Inventory, Kind, Scenario, Settings, run_scenario};

mod command_line;
mod container_attach;
mod container_exec;
mod container_health;
mod container_inspect;
mod container_lifecycle;
mod container_list;
mod container_logs;
mod container_run;
mod container_run_errors;
mod container_run_limits;
mod container_run_mounts;
mod container_run_terminal;
mod container_top;
mod engine_crash;
mod image_load;
mod image_pull;
mod image_tag;
mod isolation;
mod network_bridge;
mod services;
mod system_events;
mod system_info;
mod volume;

/// Images that scenarios may rely on.
const IMAGES: &[&str] = &["busybox"];

type Check = fn(&Settings) -> Result<()>;

/// Trials of Palan alone, each with an engine of its own.
const CRASHES: &[(&str, Check)] = &[
    (
        "container_outlives_engine",
        engine_crash::container_outlives_engine,
    ),
    (
        "nothing_is_missed_while_down",
        engine_crash::nothing_is_missed_while_down,
    ),
    ("kill_during_runs", engine_crash::kill_during_runs),
];

const SUBJECTS: &[(&str, &[(&str, Scenario)])] = &[
    ("command_line", command_line::SCENARIOS),
    ("container_attach", container_attach::SCENARIOS),
    ("container_exec", container_exec::SCENARIOS),
    ("container_health", container_health::SCENARIOS),
    ("container_inspect", container_inspect::SCENARIOS),
    ("container_lifecycle", container_lifecycle::SCENARIOS),
    ("container_list", container_list::SCENARIOS),
    ("container_logs", container_logs::SCENARIOS),
    ("container_run", container_run::SCENARIOS),
    ("container_run_errors", container_run_errors::SCENARIOS),
    ("container_run_limits", container_run_limits::SCENARIOS),
    ("container_run_mounts", container_run_mounts::SCENARIOS),
    ("container_run_terminal", container_run_terminal::SCENARIOS),
    ("container_top", container_top::SCENARIOS),
    ("image_load", image_load::SCENARIOS),
    ("image_pull", image_pull::SCENARIOS),
    ("image_tag", image_tag::SCENARIOS),
    ("isolation", isolation::SCENARIOS),
    ("network_bridge", network_bridge::SCENARIOS),
    ("services", services::SCENARIOS),
    ("system_events", system_events::SCENARIOS),
    ("system_info", system_info::SCENARIOS),
    ("volume", volume::SCENARIOS),
];

fn main() -> ExitCode {
    let mut arguments = Arguments::from_args();
    // Scenarios share the engines, and those end with the thread that starts them.
    arguments.test_threads = Some(1);
    let root = rustix::process::geteuid().is_root();
    if !root {
        eprintln!("SKIPPED: the end-to-end tests need root");
    }
    let asked = std::env::var("PALAN_E2E").unwrap_or_default();
    let without_palan = ["reference", "cli"].contains(&&*asked);
    if ["reference", "palan"].contains(&&*asked) {
        eprintln!("NOT COMPARED: only one engine takes part");
    }
    let running: Shared = Arc::default();
    let mut trials = scenario_trials(&running);
    trials.extend(CRASHES.iter().map(|(name, trial)| {
        let trial = || whole(Settings::from_env().and_then(|settings| trial(&settings)));
        Trial::test(format!("engine_crash::{name}"), trial).with_ignored_flag(without_palan)
    }));
    let at_end = Arc::clone(&running);
    trials.push(Trial::test("zz_engines_leave_nothing", move || {
        whole(leave_nothing(&at_end))
    }));
    let trials = trials
        .into_iter()
        .map(|trial| {
            let ignored = trial.has_ignored_flag() || !root;
            trial.with_ignored_flag(ignored)
        })
        .collect();
    let conclusion = libtest_mimic::run(&arguments, trials);
    drop(running);
    conclusion.exit_code()
}

fn scenario_trials(running: &Shared) -> Vec<Trial> {
    let scenarios = SUBJECTS.iter().flat_map(|(subject, scenarios)| {
        scenarios
            .iter()
            .map(move |(name, scenario)| (format!("{subject}::{name}"), *scenario))
    });
    scenarios
        .map(|(name, scenario)| {
            let running = Arc::clone(running);
            Trial::test(name.clone(), move || whole(run(&running, &name, scenario)))
        })
        .collect()
}

/// The result of a trial, with the whole chain of causes.
fn whole(result: Result<()>) -> Result<(), Failed> {
    result.map_err(|error| format!("{error:#}").into())
}

/// The shared engines, and what each had before the first scenario.
struct Running(Vec<(Engine, Inventory)>);

/// `None` before the first scenario; a failed start is not tried again.
type Shared = Arc<Mutex<Option<Result<Running>>>>;

fn start() -> Result<Running> {
    let settings = Settings::from_env()?;
    let ours = Settings {
        client: Client::Palan,
        ..settings.clone()
    };
    let wanted: &[(Kind, &Settings)] = match settings.engines {
        Engines::Both => &[
            (Kind::Reference, &settings),
            (Kind::Palan, &settings),
            (Kind::Palan, &ours),
        ],
        Engines::Reference => &[(Kind::Reference, &settings)],
        Engines::Palan => &[(Kind::Palan, &settings)],
        Engines::Cli => &[(Kind::Reference, &settings), (Kind::Reference, &ours)],
    };
    let mut engines = Vec::new();
    for (kind, settings) in wanted {
        let engine = Engine::start(*kind, settings, IMAGES)?;
        // The first container makes what the engine keeps, such as its bridge.
        engine
            .run("run", ["--rm", "-p", "9", "busybox", "true"])?
            .ok()?;
        let inventory = Inventory::take(&engine)?;
        engines.push((engine, inventory));
    }
    Ok(Running(engines))
}

fn run(running: &Shared, name: &str, scenario: Scenario) -> Result<()> {
    let mut running = running.lock().expect("trials do not panic");
    let running = running.get_or_insert_with(start).as_ref();
    let Running(engines) =
        running.map_err(|error| anyhow!("failed to start the engines: {error:#}"))?;
    let engines: Vec<&Engine> = engines.iter().map(|(engine, _)| engine).collect();
    run_scenario(name, scenario, &engines)
}

/// Runs last: Palan must have left nothing of all scenarios (dockerd keeps layers of its own).
fn leave_nothing(running: &Shared) -> Result<()> {
    let Some(Ok(Running(engines))) = running.lock().expect("trials do not panic").take() else {
        return Ok(());
    };
    for (engine, before) in engines
        .iter()
        .filter(|(engine, _)| engine.kind() == Kind::Palan)
    {
        before.check_nothing_new(engine)?;
    }
    Ok(())
}
