//! `docker version`, `info` and what a client asks first.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};
use serde_json::Value;

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("ping", ping),
    ("version", version),
    ("info", info),
    ("api_versions", api_versions),
];

fn ping(s: &mut Session) -> Result<()> {
    let output = s.engine().api("GET", "/_ping")?;
    ensure!(output.ok()? == "OK");
    s.note(&s.engine().api("GET", "/v1.41/_ping")?.stdout.clone());
    Ok(())
}

fn version(s: &mut Session) -> Result<()> {
    s.docker_args([
        "version",
        "--format",
        "{{.Server.Os}} {{.Server.Arch}} {{.Server.KernelVersion}}",
    ])?
    .ok()?;
    let output = s.engine().api("GET", "/version")?;
    let document: Value = serde_json::from_str(output.ok()?)?;
    for name in [
        "Version",
        "ApiVersion",
        "MinAPIVersion",
        "GitCommit",
        "GoVersion",
        "Os",
        "Arch",
        "KernelVersion",
        "BuildTime",
        "Components",
    ] {
        ensure!(!document[name].is_null(), "/version has no {name}");
    }
    Ok(())
}

fn info(s: &mut Session) -> Result<()> {
    let output = s.engine().api("GET", "/v1.41/info")?;
    let document: Value = serde_json::from_str(output.ok()?)?;
    for name in [
        "ID",
        "Containers",
        "ContainersRunning",
        "ContainersPaused",
        "ContainersStopped",
        "Images",
        "Driver",
        "DriverStatus",
        "Plugins",
        "MemoryLimit",
        "SwapLimit",
        "CpuCfsPeriod",
        "CpuCfsQuota",
        "CPUShares",
        "CPUSet",
        "PidsLimit",
        "IPv4Forwarding",
        "Debug",
        "NFd",
        "NGoroutines",
        "SystemTime",
        "LoggingDriver",
        "CgroupDriver",
        "NEventsListener",
        "KernelVersion",
        "OperatingSystem",
        "OSType",
        "Architecture",
        "IndexServerAddress",
        "RegistryConfig",
        "NCPU",
        "MemTotal",
        "DockerRootDir",
        "Name",
        "Labels",
        "ServerVersion",
        "Runtimes",
        "DefaultRuntime",
        "Swarm",
        "LiveRestoreEnabled",
        "InitBinary",
        "SecurityOptions",
    ] {
        ensure!(document.get(name).is_some(), "/info has no {name}");
    }
    for name in [
        "NCPU",
        "MemTotal",
        "KernelVersion",
        "OperatingSystem",
        "OSType",
        "Architecture",
        "Name",
        "CgroupVersion",
        "MemoryLimit",
        "PidsLimit",
        "Images",
        "Containers",
    ] {
        s.note(&format!("{name}: {}", document[name]));
    }
    s.quiet("run -d --name one busybox sleep 1000")?;
    s.quiet("create --name two busybox")?;
    s.docker_args([
        "info",
        "--format",
        "{{.Containers}} {{.ContainersRunning}} {{.ContainersStopped}} {{.ContainersPaused}}",
    ])?
    .says("2 1 1 0")?;
    Ok(())
}

fn api_versions(s: &mut Session) -> Result<()> {
    for version in ["v1.24", "v1.30", "v1.40", "v1.41"] {
        let output = s
            .engine()
            .api("GET", &format!("/{version}/containers/json"))?;
        ensure!(output.ok()? == "[]", "{version}: {output:?}");
    }
    for path in [
        "/v1.99/version",
        "/nosuch",
        "/v1.41/nosuch",
        "/v1.41/containers/nosuch/json",
    ] {
        let output = s.engine().api("GET", path)?;
        output.exits(22)?;
        let document: Value = serde_json::from_str(&output.stdout)?;
        ensure!(document["message"].is_string(), "{path}: {output:?}");
    }
    Ok(())
}
