//! What a container must not be able to do to its host or to others.

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session, fixture};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("processes_are_invisible", processes_are_invisible),
    ("host_files_are_unreachable", host_files_are_unreachable),
    ("mounting_is_refused", mounting_is_refused),
    (
        "kernel_settings_are_read_only",
        kernel_settings_are_read_only,
    ),
    ("devices_are_refused", devices_are_refused),
    ("system_calls_are_refused", system_calls_are_refused),
    ("no_network_reaches_nobody", no_network_reaches_nobody),
];

/// Runs a script whose every line of output must be `refused`.
fn all_refused(s: &mut Session, options: &str, script: &str) -> Result<()> {
    let output = s.docker_with(&format!("run --rm {options} busybox sh -c"), script)?;
    for line in output.ok()?.lines() {
        ensure!(line == "refused", "{line} in {output:?}");
    }
    ensure!(!output.stdout.is_empty(), "{output:?}");
    Ok(())
}

fn processes_are_invisible(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name other busybox sleep 4242")?;
    let script = "ls -d /proc/[0-9]* | wc -l; ps -o args | grep -v -e ps -e ARGS -e COMMAND -e 'sh -c' | wc -l";
    let output = s.quiet_with("run --rm busybox sh -c", script)?;
    let count = output.lines().next().unwrap_or_default().parse::<u32>()?;
    ensure!(count <= 3, "{count} processes are visible");
    let pid = s.quiet("inspect -f {{.State.Pid}} other")?;
    let script = format!(
        "kill -9 {pid} 2>/dev/null || echo refused; kill -0 {} 2>/dev/null || echo refused",
        std::process::id()
    );
    let refused = s.quiet_with("run --rm busybox sh -c", &script)?;
    ensure!(refused == "refused\nrefused", "{refused}");
    s.docker("inspect -f {{.State.Running}} other")?
        .says("true")?;
    Ok(())
}

fn host_files_are_unreachable(s: &mut Session) -> Result<()> {
    let secret = s.engine().dir().join("secret");
    std::fs::write(&secret, "secret")?;
    let path = secret.display().to_string();
    let climb = "../".repeat(30);
    let script = format!(
        "for f in {path} {climb}{path} /proc/1/root{path} /proc/self/root/{climb}{path} /proc/1/cwd/{climb}{path}; do \
         cat $f 2>/dev/null || echo refused; done; \
         for fd in 3 4 5 6 7 8 9 10 11 12; do test -e /proc/self/fd/$fd/.. && echo leaked $fd; done; true; \
         chroot /proc/1/root cat {path} 2>/dev/null || echo refused"
    );
    let output = s.quiet_with("run --rm busybox sh -c", &script)?;
    ensure!(output.lines().all(|line| line == "refused"), "{output}");
    let lines = s.quiet_with("run --rm busybox sh -c", "wc -l < /proc/self/mountinfo")?;
    ensure!(lines.parse::<u32>()? < 60, "{lines} mounts are visible");
    std::fs::remove_file(&secret)?;
    Ok(())
}

fn mounting_is_refused(s: &mut Session) -> Result<()> {
    let script = "mkdir /m; for what in 'mount -t tmpfs x /m' 'mount -t proc x /m' 'mount --bind /etc /m' \
        'mount -o remount,rw /sys' 'umount /proc' 'umount /etc/hosts' 'mount -o bind,remount,rw /proc/sys' 'umount -l /'; do \
        $what 2>/dev/null && echo \"$what worked\" || echo refused; done";
    all_refused(s, "", script)?;
    all_refused(s, "--cap-drop ALL", script)
}

fn kernel_settings_are_read_only(s: &mut Session) -> Result<()> {
    let script = "for f in /proc/sys/kernel/core_pattern /proc/sys/vm/overcommit_memory /proc/sysrq-trigger /proc/irq/0/smp_affinity \
        /sys/kernel/uevent_helper /sys/power/state /proc/self/oom_score_adj/../../../proc/sys/kernel/panic; do \
        (echo 1 > $f) 2>/dev/null && echo $f written || echo refused; done; \
        for d in /sys/fs/cgroup/memory /sys/kernel /proc/sys; do mkdir $d/x 2>/dev/null && echo $d || echo refused; done; \
        for f in $(find /sys/fs/cgroup -maxdepth 2 -name release_agent -o -maxdepth 2 -name cgroup.procs); do \
        (echo 0 > $f) 2>/dev/null && echo $f written || echo refused; done; \
        hostname other 2>/dev/null && echo renamed || echo refused; \
        dmesg > /dev/null 2>&1 && echo dmesg || echo refused; \
        reboot -f 2>/dev/null && echo reboot || echo refused; \
        poweroff -f 2>/dev/null && echo poweroff || echo refused; \
        swapoff -a 2>/dev/null || echo refused";
    let output = s.quiet_with("run --rm busybox sh -c", script)?;
    // The kernel's log may be open to all users of a machine.
    let others = output
        .lines()
        .filter(|line| *line != "refused" && *line != "dmesg");
    let others: Vec<&str> = others.collect();
    ensure!(others.is_empty(), "{others:?}");
    let masked = "cat /proc/kcore /proc/keys /proc/timer_list /proc/latency_stats 2>/dev/null | wc -c; ls /sys/firmware /proc/scsi 2>/dev/null | grep -v : | wc -w";
    s.docker_with("run --rm busybox sh -c", masked)?
        .says("0\n0")?;
    Ok(())
}

fn devices_are_refused(s: &mut Session) -> Result<()> {
    let script = "for d in 'b 254 0' 'b 8 0' 'b 7 0' 'c 1 1' 'c 1 2' 'c 1 4' 'c 10 229' 'c 10 200' 'c 4 0'; do \
        mknod /node $d 2>/dev/null || { echo refused; continue; }; \
        (head -c 1 /node > /dev/null) 2>/dev/null && echo $d readable || echo refused; rm -f /node; done";
    all_refused(s, "--network none", script)
}

/// Name, number on x86_64, arguments: all must fail with `EPERM`, or `ENOSYS` for what a filter hides.
const FORBIDDEN: &[(&str, u32, &str)] = &[
    ("mount", 165, "0,0,0,0,0"),
    ("umount2", 166, "0,0"),
    ("swapon", 167, "0,0"),
    ("reboot", 169, "0xfee1dead,672274793,0x89abcdef,0"),
    ("sethostname", 170, "0,0"),
    ("init_module", 175, "0,0,0"),
    ("delete_module", 176, "0,0"),
    ("quotactl", 179, "0,0,0,0"),
    ("lookup_dcookie", 212, "0,0,0"),
    ("kexec_load", 246, "0,0,0,0"),
    ("add_key", 248, "0,0,0,0,0"),
    ("request_key", 249, "0,0,0,0"),
    ("keyctl", 250, "0,0,0,0,0"),
    ("unshare(CLONE_NEWUSER)", 272, "0x10000000"),
    ("unshare(CLONE_NEWNS)", 272, "0x20000"),
    ("clone(CLONE_NEWUSER)", 56, "0x10000011,0,0,0,0"),
    ("perf_event_open", 298, "0,0,0,0,0"),
    ("open_by_handle_at", 304, "0,0,0"),
    ("setns", 308, "0,0"),
    ("finit_module", 313, "0,0,0"),
    ("kexec_file_load", 320, "0,0,0,0,0"),
    ("bpf", 321, "0,0,0"),
    ("userfaultfd", 323, "0"),
    ("move_mount", 429, "0,0,0,0,0"),
    ("fsopen", 430, "0,0"),
    ("pivot_root", 155, "0,0"),
    ("iopl", 172, "3"),
    ("acct", 163, "0"),
    ("settimeofday", 164, "0,0"),
    ("personality", 135, "0x12345"),
];

fn system_calls_are_refused(s: &mut Session) -> Result<()> {
    let path = fixture("debian-bookworm-slim.docker.tar")?
        .display()
        .to_string();
    s.quiet_args(["load", "-q", "-i", &path])?;
    let calls = FORBIDDEN.iter().map(|(name, number, arguments)| {
        format!("$r = syscall({number},{arguments}); print \"{name} \", $r == -1 ? $!+0 : 'allowed', \"\\n\";")
    });
    let program = calls.collect::<String>();
    let output = s.docker_args([
        "run",
        "--rm",
        "--network",
        "none",
        "debian:bookworm-slim",
        "perl",
        "-e",
        &program,
    ])?;
    for line in output.ok()?.lines() {
        ensure!(line.ends_with(" 1") || line.ends_with(" 38"), "{line}");
    }
    ensure!(
        output.stdout.lines().count() == FORBIDDEN.len(),
        "{output:?}"
    );
    s.quiet("rmi debian:bookworm-slim").map(drop)
}

fn no_network_reaches_nobody(s: &mut Session) -> Result<()> {
    s.quiet("run -d --name server busybox nc -lk -p 80 -e echo hello")?;
    let address = s.quiet("inspect -f {{.NetworkSettings.IPAddress}} server")?;
    let script = format!("nc -w 2 {address} 80 2>/dev/null || echo refused");
    let output = s.quiet_with("run --rm --network none busybox sh -c", &script)?;
    ensure!(output == "refused", "{output}");
    Ok(())
}
