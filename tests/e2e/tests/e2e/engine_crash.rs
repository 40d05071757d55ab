//! `kill -9` of the engine at random moments: containers run on, and nothing is lost or left behind.
//!
//! Each round starts many `docker run`s, kills the engine somewhere among them, starts it again and
//! checks every container: its exit code and its log are whole, and what a client was told holds.
//! The seed is printed; `PALAN_E2E_SEED` repeats a run as far as the machine's timing lets it.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use palan_e2e::{Engine, Inventory, Kind, Settings, wait_until};

mod plan;
mod verdict;

use plan::Run;

/// Engine kills, and containers around each.
const ROUNDS: u32 = 20;
const RUNS: u32 = 50;

/// As many clients at a time.
const CLIENTS: usize = 8;

/// The trial.
///
/// # Errors
/// When something is lost or left; the message names the round and the container.
pub fn kill_during_runs(settings: &Settings) -> Result<()> {
    let mut random = Random::seeded();
    let engine = Engine::start(Kind::Palan, settings, &["busybox"])?;
    engine
        .run("run", ["--rm", "-p", "9", "-v", "/x", "busybox", "true"])?
        .ok()?;
    let before = Inventory::take(&engine)?;
    let usual = whole_round(&engine)?;
    for round in 0..ROUNDS {
        let moment = usual.mul_f64(random.fraction());
        one_round(&engine, round, moment)
            .with_context(|| format!("round {round}, killed after {moment:?} of {usual:?}"))?;
        before
            .check_nothing_new(&engine)
            .with_context(|| format!("after round {round}"))?;
    }
    Ok(())
}

/// A round without a kill: how long it takes, and that the checks themselves hold.
fn whole_round(engine: &Engine) -> Result<Duration> {
    let started = Instant::now();
    let runs = plan::runs(ROUNDS, RUNS);
    let reports = plan::start_all(engine, &runs, CLIENTS)?;
    let took = started.elapsed();
    for (run, report) in runs.iter().zip(&reports) {
        ensure!(
            report.was_told(run),
            "{} failed without a kill: {report:?}",
            run.name
        );
    }
    verdict::check_all(engine, &runs, &reports)?;
    engine.clear()?;
    Ok(took)
}

fn one_round(engine: &Engine, round: u32, moment: Duration) -> Result<()> {
    let runs: Vec<Run> = plan::runs(round, RUNS);
    let reports = std::thread::scope(|scope| {
        let clients = scope.spawn(|| plan::start_all(engine, &runs, CLIENTS));
        std::thread::sleep(moment);
        engine.kill()?;
        // Clients that are still to come find no engine until it is started again.
        engine.resume()?;
        clients.join().expect("clients do not panic")
    })?;
    verdict::check_all(engine, &runs, &reports)?;
    engine.clear()
}

/// A long-running container is the same process before and after, with stdin, logs and exec at work.
///
/// # Errors
/// When the container noticed the crash.
pub fn container_outlives_engine(settings: &Settings) -> Result<()> {
    let engine = Engine::start(Kind::Palan, settings, &["busybox"])?;
    let script = "i=0; while true; do echo tick $i; i=$((i+1)); sleep 0.05; done";
    engine
        .run(
            "run",
            [
                "-d", "--name", "ticker", "-p", "18080:80", "busybox", "sh", "-c", script,
            ],
        )?
        .ok()?;
    let pid = engine
        .run("inspect", ["-f", "{{.State.Pid}}", "ticker"])?
        .ok()?
        .to_owned();
    engine.kill()?;
    ensure!(
        std::path::Path::new(&format!("/proc/{pid}")).exists(),
        "the container died as well"
    );
    std::thread::sleep(Duration::from_millis(500));
    engine.resume()?;
    let again = engine.run(
        "inspect",
        ["-f", "{{.State.Pid}} {{.State.Running}}", "ticker"],
    )?;
    ensure!(again.ok()? == format!("{pid} true"), "{again:?}");
    engine.run("exec", ["ticker", "true"])?.ok()?;
    let lines = || -> Result<Vec<u32>> {
        let logs = engine.run("logs", ["ticker"])?;
        let numbers = logs
            .ok()?
            .lines()
            .map(|line| Ok(line.trim_start_matches("tick ").parse()?));
        numbers.collect()
    };
    let count = lines()?.len();
    wait_until("new log lines", Duration::from_secs(10), || {
        Ok(lines()?.len() > count)
    })?;
    let numbers = lines()?;
    ensure!(
        numbers.iter().enumerate().all(|(i, n)| i as u32 == *n),
        "log lines are missing"
    );
    engine.run("stop", ["-t", "0", "ticker"])?.ok()?;
    let code = engine.run("inspect", ["-f", "{{.State.ExitCode}}", "ticker"])?;
    ensure!(code.ok()? == "137", "{code:?}");
    Ok(())
}

/// Exits, restarts and removals that fall due while no engine runs happen when it is back.
///
/// # Errors
/// When one is missed.
pub fn nothing_is_missed_while_down(settings: &Settings) -> Result<()> {
    let engine = Engine::start(Kind::Palan, settings, &["busybox"])?;
    let script = |code: u32| format!("echo before; sleep 1; echo after; exit {code}");
    let run = |name: &str, options: &[&str], code: u32| {
        let script = script(code);
        let args = ["-d", "--name", name]
            .into_iter()
            .chain(options.iter().copied());
        engine
            .run("run", args.chain(["busybox", "sh", "-c", &script]))?
            .ok()
            .map(drop)
    };
    run("ends", &[], 7)?;
    run("removed", &["--rm"], 0)?;
    run("restarted", &["--restart", "always"], 1)?;
    engine.kill()?;
    std::thread::sleep(Duration::from_millis(2500));
    engine.resume()?;
    let ended = engine.run("wait", ["ends"])?;
    ensure!(ended.ok()? == "7", "{ended:?}");
    ensure!(engine.run("logs", ["ends"])?.ok()? == "before\nafter");
    wait_until("the removal", Duration::from_secs(10), || {
        Ok(engine
            .run("ps", ["-aq", "--filter", "name=removed"])?
            .ok()?
            .is_empty())
    })?;
    wait_until("the restart", Duration::from_secs(10), || {
        let logs = engine.run("logs", ["restarted"])?;
        Ok(logs.ok()?.matches("before").count() >= 2)
    })
}

/// xorshift64*: small, and the same numbers for the same seed.
struct Random(u64);

impl Random {
    fn seeded() -> Self {
        let seed = std::env::var("PALAN_E2E_SEED")
            .ok()
            .and_then(|seed| seed.parse().ok());
        let now = || {
            std::time::UNIX_EPOCH
                .elapsed()
                .map_or(1, |time| time.as_nanos() as u64 | 1)
        };
        let seed = seed.unwrap_or_else(now);
        eprintln!("PALAN_E2E_SEED={seed}");
        Self(seed)
    }

    /// From 0 up to, but not, 1.
    fn fraction(&mut self) -> f64 {
        self.0 ^= self.0 >> 12;
        self.0 ^= self.0 << 25;
        self.0 ^= self.0 >> 27;
        (self.0.wrapping_mul(0x2545_F491_4F6C_DD1D) >> 11) as f64 / (1_u64 << 53) as f64
    }
}
