//! `docker run` with mounts: binds, volumes, tmpfs, a read-only root, and what is mounted by default.

use std::fs;

use anyhow::{Result, ensure};
use palan_e2e::{Scenario, Session};

pub const SCENARIOS: &[(&str, Scenario)] = &[
    ("default_mounts", default_mounts),
    ("devices", devices),
    ("bind_mounts", bind_mounts),
    ("named_and_anonymous_volumes", named_and_anonymous_volumes),
    ("tmpfs", tmpfs),
    ("read_only_root", read_only_root),
    ("mount_option", mount_option),
    ("shared_memory_size", shared_memory_size),
];

/// Type, options that matter and place of each mount. Cgroup mounts depend on the machine.
fn default_mounts(s: &mut Session) -> Result<()> {
    let script = "while read _ where type options _; do case $type in cgroup*) continue;; overlay) options=;; \
                  ext4|xfs|btrfs) type=disk; options=${options%%,*};; esac; \
                  case $where in /proc/*|/sys/firmware*|/sys/dev*|/sys/fs*) continue;; esac; \
                  echo $where $type $options; done < /proc/mounts | sed 's/,inode64//; s/,relatime//' | sort";
    s.docker_with("run --rm --network none busybox sh -c", script)?
        .ok()?;
    for masked in [
        "/proc/kcore",
        "/proc/keys",
        "/proc/timer_list",
        "/proc/acpi",
        "/sys/firmware",
    ] {
        let script =
            format!("if [ -d {masked} ]; then ls -A {masked} | wc -l; else wc -c < {masked}; fi");
        s.docker_with("run --rm --network none busybox sh -c", &script)?;
    }
    for file in [
        "/proc/sys/kernel/hostname",
        "/proc/sysrq-trigger",
        "/sys/kernel/mm/ksm/run",
    ] {
        let script = format!("echo 1 2>/dev/null > {file} || echo refused");
        s.docker_with("run --rm --network none busybox sh -c", &script)?
            .says("refused")?;
    }
    Ok(())
}

fn devices(s: &mut Session) -> Result<()> {
    let list = "cd /dev; for f in $(ls | sort); do stat -c '%n %A %u %g %t %T' $f; readlink $f; done; true";
    s.docker_with("run --rm --network none busybox sh -c", list)?
        .ok()?;
    let use_them = "echo x > /dev/null; head -c 4 /dev/zero | wc -c; head -c 8 /dev/urandom | wc -c; \
                    mknod /tmp/null c 1 3 && echo y > /tmp/null && echo made; \
                    mknod /tmp/disk b 254 0 && (cat /tmp/disk > /dev/null 2>&1 || echo refused)";
    s.docker_with("run --rm --network none busybox sh -c", use_them)?
        .says("refused")?;
    s.docker_with(
        "run --rm --device /dev/loop-control:/dev/lc:r busybox sh -c",
        "ls /dev/lc",
    )?;
    Ok(())
}

fn bind_mounts(s: &mut Session) -> Result<()> {
    let shared = s.engine().dir().join("shared");
    fs::create_dir_all(&shared)?;
    fs::write(shared.join("file"), "from the host\n")?;
    let dir = shared.display().to_string();
    s.docker_args([
        "run",
        "--rm",
        "-v",
        &format!("{dir}:/x"),
        "busybox",
        "sh",
        "-c",
        "cat /x/file; echo back > /x/new",
    ])?
    .ok()?;
    ensure!(fs::read_to_string(shared.join("new"))? == "back\n");
    let read_only = [
        "run",
        "--rm",
        "-v",
        &format!("{dir}:/x:ro"),
        "busybox",
        "touch",
        "/x/refused",
    ];
    s.docker_args(read_only)?.exits(1)?;
    s.docker_args([
        "run",
        "--rm",
        "-v",
        &format!("{dir}/file:/etc/motd"),
        "busybox",
        "cat",
        "/etc/motd",
    ])?
    .ok()?;
    let made = shared.join("made/by/docker");
    s.docker_args([
        "run",
        "--rm",
        "-v",
        &format!("{}:/m", made.display()),
        "busybox",
        "ls",
        "-A",
        "/m",
    ])?
    .ok()?;
    ensure!(made.is_dir(), "a missing bind source is made");
    let id = s.quiet(&format!("create -v {dir}:/x:ro -v {dir}:/y busybox"))?;
    let format = "{{range .Mounts}}{{json .}}{{println}}{{end}}{{range .HostConfig.Binds}}{{println .}}{{end}}";
    s.docker_sorted(["inspect", "-f", format, &id])?;
    fs::remove_dir_all(&shared)?;
    Ok(())
}

fn named_and_anonymous_volumes(s: &mut Session) -> Result<()> {
    s.docker_with(
        "run --rm -v data:/data busybox sh -c",
        "echo kept > /data/file",
    )?
    .ok()?;
    s.docker("run --rm -v data:/data:ro busybox cat /data/file")?
        .says("kept")?;
    s.docker("run --rm -v data:/data:ro busybox touch /data/file")?
        .exits(1)?;
    // A new volume takes over what the image has at its place, with owner and mode.
    s.docker_with(
        "run --rm -v spool:/home busybox sh -c",
        "stat -c '%a %u %g' /home",
    )?
    .ok()?;
    s.docker_with(
        "run --rm -v seeded:/etc busybox sh -c",
        "test -s /etc/passwd && echo copied",
    )?
    .says("copied")?;
    s.docker_with("run --rm -v plain:/etc:nocopy busybox sh -c", "ls -A /etc")?;
    s.docker("volume ls")?;
    s.docker("run -d --name holder -v /anonymous -v data:/data busybox sleep 1000")?
        .ok()?;
    let format = "{{range .Mounts}}{{.Type}} {{.Destination}} {{.RW}} {{.Driver}} {{.Mode}}{{println}}{{end}}";
    s.docker_sorted(["inspect", "-f", format, "holder"])?;
    s.docker("run --rm --volumes-from holder busybox cat /data/file")?
        .says("kept")?;
    s.docker("rm -fv holder")?.ok()?;
    s.docker("volume ls -q")?.ok()?;
    Ok(())
}

fn tmpfs(s: &mut Session) -> Result<()> {
    let show =
        "grep ' /scratch ' /proc/mounts | sed 's/,inode64//; s/,relatime//'; stat -c %a /scratch";
    s.docker_with("run --rm --tmpfs /scratch busybox sh -c", show)?
        .ok()?;
    s.docker_with(
        "run --rm --tmpfs /scratch:size=1m,mode=700 busybox sh -c",
        show,
    )?
    .ok()?;
    let fill = "dd if=/dev/zero of=/scratch/x bs=1M count=2 2>&1 | tail -1 | grep -o 'No space.*'";
    s.docker_with("run --rm --tmpfs /scratch:size=1m busybox sh -c", fill)?;
    Ok(())
}

fn read_only_root(s: &mut Session) -> Result<()> {
    s.docker("run --rm --read-only busybox touch /x")?
        .exits(1)?;
    s.docker_with(
        "run --rm --read-only --tmpfs /tmp -v data:/data busybox sh -c",
        "touch /tmp/x /data/x /dev/shm/x && echo written",
    )?
    .says("written")?;
    s.docker("run --rm --read-only busybox cat /etc/hostname")?
        .ok()?;
    Ok(())
}

fn mount_option(s: &mut Session) -> Result<()> {
    s.docker_with(
        "run --rm --mount type=volume,source=vol,target=/v busybox sh -c",
        "echo x > /v/f",
    )?
    .ok()?;
    s.docker("run --rm --mount type=volume,source=vol,target=/v,readonly busybox touch /v/f")?
        .exits(1)?;
    s.docker_with(
        "run --rm --mount type=tmpfs,target=/t,tmpfs-size=1048576,tmpfs-mode=0711 busybox sh -c",
        "stat -c %a /t; df /t | tail -1 | tr -s ' ' | cut -d' ' -f2",
    )?
    .ok()?;
    let dir = s.engine().dir().display().to_string();
    s.docker_args([
        "run",
        "--rm",
        "--mount",
        &format!("type=bind,source={dir}/config,target=/c,readonly"),
        "busybox",
        "touch",
        "/c/x",
    ])?
    .exits(1)?;
    s.quiet("create --name mounted --mount type=volume,source=vol,target=/v --mount type=tmpfs,target=/t busybox")?;
    let format = "{{range .Mounts}}{{json .}}{{println}}{{end}}{{json .HostConfig.Mounts}}";
    s.docker_sorted(["inspect", "-f", format, "mounted"])?;
    Ok(())
}

fn shared_memory_size(s: &mut Session) -> Result<()> {
    let size = "df /dev/shm | tail -1 | tr -s ' ' | cut -d' ' -f2";
    s.docker_with("run --rm busybox sh -c", size)?
        .says("65536")?;
    s.docker_with("run --rm --shm-size 1m busybox sh -c", size)?
        .says("1024")?;
    Ok(())
}
