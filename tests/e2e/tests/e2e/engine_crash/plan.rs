//! The containers of a round, and what their clients were told.

use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use anyhow::{Context, Result};
use palan_e2e::{Engine, Output};

/// One `docker run`.
#[derive(Debug)]
pub struct Run {
    pub name: String,
    pub options: Vec<String>,
    /// Waited for by its client; otherwise with `-d`.
    pub attached: bool,
    pub removed: bool,
    /// What the container must end with.
    pub code: i32,
    /// How many lines it must have logged.
    pub lines: u32,
}

/// What a client reported.
#[derive(Debug)]
pub struct Report(pub Output);

/// A mix of attached and detached runs with ports, volumes and `--rm`.
pub fn runs(round: u32, count: u32) -> Vec<Run> {
    (0..count).map(|number| Run::new(round, number)).collect()
}

impl Run {
    fn new(round: u32, number: u32) -> Self {
        let (attached, removed) = (number.is_multiple_of(3), number % 5 == 4);
        let mut options = Vec::new();
        for (wanted, words) in [
            (!attached, ["-d", ""]),
            (removed, ["--rm", ""]),
            (number % 7 == 1, ["-p", "80"]),
            (number % 6 == 2, ["-v", "/anonymous"]),
            (number % 8 == 3, ["--network", "none"]),
            (number % 9 == 5, ["--memory", "64m"]),
        ] {
            let words = words.into_iter().filter(|word| wanted && !word.is_empty());
            options.extend(words.map(str::to_owned));
        }
        let name = format!("crash-{round}-{number}");
        let code = i32::try_from(number % 120).expect("is small");
        Self {
            name,
            options,
            attached,
            removed,
            code,
            lines: 3 + number % 40,
        }
    }

    fn script(&self) -> String {
        let Self { lines, code, .. } = self;
        let pause = f64::from(lines % 5) / 20.0;
        format!(
            "for i in $(seq {lines}); do echo line $i; done; sleep {pause}; echo end; exit {code}"
        )
    }

    /// The whole log.
    pub fn log(&self) -> String {
        let lines = (1..=self.lines).map(|line| format!("line {line}\n"));
        lines.chain(["end\n".to_owned()]).collect()
    }
}

impl Report {
    /// Whether the client got what it would get without a crash.
    pub fn was_told(&self, run: &Run) -> bool {
        let Output { code, stdout, .. } = &self.0;
        match run.attached {
            true => *code == Some(run.code) && *stdout == run.log(),
            false => *code == Some(0) && stdout.trim().len() == 64,
        }
    }
}

/// Runs all of them, `clients` at a time; the reports are in the order of the runs.
///
/// # Errors
/// When Docker's command line cannot be started.
pub fn start_all(engine: &Engine, runs: &[Run], clients: usize) -> Result<Vec<Report>> {
    let next = AtomicUsize::new(0);
    let reports: Vec<Mutex<Option<Result<Output>>>> =
        runs.iter().map(|_| Mutex::default()).collect();
    std::thread::scope(|scope| {
        for _ in 0..clients {
            scope.spawn(|| {
                while let Some((run, report)) = {
                    let number = next.fetch_add(1, Ordering::Relaxed);
                    runs.get(number).zip(reports.get(number))
                } {
                    let script = run.script();
                    let args = ["--name", &run.name].into_iter();
                    let args = args.chain(run.options.iter().map(String::as_str));
                    let output = engine.run("run", args.chain(["busybox", "sh", "-c", &script]));
                    *report.lock().expect("no holder panics") = Some(output);
                }
            });
        }
    });
    let reports = reports.into_iter().map(|report| {
        let report = report.into_inner().expect("no holder panics");
        report.context("a run was left out")?.map(Report)
    });
    reports.collect()
}
