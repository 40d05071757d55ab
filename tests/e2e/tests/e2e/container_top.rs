//! `docker top`.

use anyhow::Result;
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[("columns", columns), ("errors", errors)];

fn columns(s: &mut Session) -> Result<()> {
    s.quiet_with(
        "run -d --name busy --user 1000 busybox sh -c",
        "sleep 999 & exec sleep 998",
    )?;
    let output = palan_e2e::Output::of(s.engine().docker().args(["top", "busy"]))?;
    let header: Vec<&str> = output
        .ok()?
        .lines()
        .next()
        .unwrap_or_default()
        .split_whitespace()
        .collect();
    s.note(&header.join(" "));
    for row in output.stdout.lines().skip(1) {
        let columns: Vec<&str> = row.split_whitespace().collect();
        // User, terminal and command; the others change from run to run.
        s.note(&format!(
            "{} {} {}",
            columns[0],
            columns[5],
            columns[7..].join(" ")
        ));
    }
    s.docker("top busy -o user,cmd")?.exits(1)?;
    let output =
        palan_e2e::Output::of(
            s.engine()
                .docker()
                .args(["top", "busy", "-o", "uid,pid,cmd"]),
        )?;
    for row in output.ok()?.lines() {
        let columns: Vec<&str> = row.split_whitespace().collect();
        s.note(&format!("{} {}", columns[0], columns[2..].join(" ")));
    }
    Ok(())
}

fn errors(s: &mut Session) -> Result<()> {
    s.quiet("create --name made busybox")?;
    s.docker("top made")?.exits(1)?;
    s.docker("top nosuch")?.exits(1)?;
    Ok(())
}
