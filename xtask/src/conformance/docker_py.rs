//! `cargo xtask conformance docker-py`: docker-py's integration tests on the reference and on Palan, side by side.
//!
//! Each engine has its own sandbox and folders, and the images whose names the tests use, all the
//! busybox fixture. Tests that pull from Docker Hub are left out, and files about what is not the
//! engine's (stored credentials, contexts) or needs more than one node (swarm).

use std::path::{Path, PathBuf};
use std::thread;

use anyhow::{Context, Result, anyhow, bail};
use palan_e2e::{Engine, Kind, Settings};

use super::ledger::{Comparison, Ledger};
use super::pytest::{self, Outcomes, Selection};
use super::source::{self, Source};
use crate::{fixtures, process};

const FILES: [&str; 16] = [
    "api_build",
    "api_client",
    "api_container",
    "api_exec",
    "api_healthcheck",
    "api_image",
    "api_network",
    "api_volume",
    "client",
    "errors",
    "models_containers",
    "models_images",
    "models_networks",
    "models_resources",
    "models_volumes",
    "regression",
];

/// Beginnings of the ids of tests that pull from Docker Hub.
const NEEDS_INTERNET: [&str; 9] = [
    "api_image_test.py::ImportImageTest::test_get_load_image",
    "api_image_test.py::ImportImageTest::test_import_from_url",
    "api_image_test.py::InspectDistributionTest",
    "api_image_test.py::PruneImagesTest",
    "api_image_test.py::PullImageTest::test_pull",
    "models_containers_test.py::ContainerCollectionTest::test_run_with_image_that_does_not_exist",
    "models_images_test.py::ImageCollectionTest::test_list",
    "models_images_test.py::ImageCollectionTest::test_pull",
    "models_images_test.py::ImageTest::test_tag_and_remove",
];

/// Names, besides its own, under which the tests look for the busybox fixture.
const IMAGES: [&str; 2] = ["alpine:3.10", "alpine:latest"];

#[derive(clap::Args)]
pub struct Options {
    /// Add new passes to the ledger
    #[arg(long)]
    update: bool,
}

/// Runs the suite on both engines and compares with the ledger; `PALAN_BIN` names a palan program
/// other than a fresh build.
///
/// # Errors
/// When not root, a program is missing, or a test of the ledger no longer passes on Palan.
pub fn run(options: &Options) -> Result<()> {
    if !rustix::process::geteuid().is_root() {
        bail!("failed to run docker-py's tests: run as root");
    }
    let source = &source::ensure().context("failed to prepare docker-py")?;
    fixtures::run()?;
    if std::env::var_os("PALAN_BIN").is_none() {
        process::run(&mut process::cargo(&["build", "--workspace", "--bins"]))?;
    }
    let settings = &Settings::from_env()?;
    let [reference, palan] = thread::scope(|scope| {
        [Kind::Reference, Kind::Palan]
            .map(|kind| scope.spawn(move || run_on(kind, settings, source)))
            .map(|thread| thread.join().map_err(|_| anyhow!("a run panicked"))?)
    });
    conclude(&reference?, &palan?, options)
}

/// Starts an engine, runs the suite on it, and removes all of it.
fn run_on(kind: Kind, settings: &Settings, source: &Source) -> Result<Outcomes> {
    let engine = Engine::start(kind, settings, &["busybox"])?;
    for image in IMAGES {
        engine.run("tag", ["busybox:latest", image])?.ok()?;
    }
    let log = logs().join(format!("{}.log", engine.name()));
    let in_folder = |name: &str| format!("tests/integration/{name}");
    let selection = Selection {
        files: FILES
            .iter()
            .map(|name| in_folder(&format!("{name}_test.py")))
            .collect(),
        deselected: NEEDS_INTERNET.into_iter().map(in_folder).collect(),
    };
    pytest::run(&engine, source, &selection, &log)
}

fn logs() -> PathBuf {
    process::target_dir().join("conformance/docker-py")
}

/// Prints the result; fails on a loss.
fn conclude(reference: &Outcomes, palan: &Outcomes, options: &Options) -> Result<()> {
    let path = process::workspace().join("tests/conformance/docker-py.ledger");
    let mut ledger = Ledger::read(&path)?;
    let comparison = ledger.compare(reference, palan);
    print(&comparison, reference, palan, &ledger);
    if options.update {
        ledger.add(&comparison.gained)?;
    }
    if !comparison.lost.is_empty() {
        let count = comparison.lost.len();
        bail!(
            "{count} tests of {} no longer pass on Palan",
            path.display()
        );
    }
    Ok(())
}

fn print(comparison: &Comparison, reference: &Outcomes, palan: &Outcomes, ledger: &Ledger) {
    let lists = [
        ("passes on the reference only", &comparison.missing),
        ("new pass", &comparison.gained),
        ("no longer passes", &comparison.lost),
    ];
    for (what, ids) in lists {
        for id in ids {
            println!("{what}: {id}");
        }
    }
    let passed = |outcomes: &Outcomes| outcomes.values().filter(|passed| **passed).count();
    let (reference, palan) = (passed(reference), passed(palan));
    println!(
        "passed: {reference} on the reference, {palan} on Palan; {} in the ledger",
        ledger.len()
    );
    println!("outputs: {}", Path::display(&logs()));
}
