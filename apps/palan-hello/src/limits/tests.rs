use super::*;

const HYBRID: &str = "\
30 20 0:25 / /sys/fs/cgroup ro,nosuid - tmpfs tmpfs ro,mode=755
31 30 0:26 /docker/ab /sys/fs/cgroup/memory ro,nosuid master:9 - cgroup cgroup rw,memory
32 30 0:27 / /sys/fs/cgroup/cpu,cpuacct ro,nosuid - cgroup cgroup rw,cpu,cpuacct
33 30 0:28 / /sys/fs/cgroup/unified ro - cgroup2 cgroup2 rw,nsdelegate
";

#[test]
fn controllers_are_found_by_mount_and_membership() {
    let membership = "4:memory:/docker/ab\n3:cpu,cpuacct:/x\n0::/docker/ab\n";
    let cgroups = Cgroups {
        mountinfo: HYBRID.to_owned(),
        membership: membership.to_owned(),
    };
    let memory = cgroups.directories(Some("memory"));
    let wanted = ["/sys/fs/cgroup/memory/docker/ab", "/sys/fs/cgroup/memory"];
    assert_eq!(memory, wanted);
    let cpu = cgroups.directories(Some("cpu"));
    assert_eq!(cpu[0], "/sys/fs/cgroup/cpu,cpuacct/x");
    assert_eq!(cgroups.directories(None)[1], "/sys/fs/cgroup/unified");
    assert!(cgroups.directories(Some("pids")).is_empty());
}

#[test]
fn limits_of_both_versions() {
    assert_eq!(memory_limit("max"), NO_LIMIT);
    assert_eq!(memory_limit("9223372036854771712"), NO_LIMIT);
    assert_eq!(memory_limit("67108864"), "64 MiB");
    assert_eq!(memory_limit("1610612736"), "1.5 GiB");
    assert_eq!(cpu_limit("-1", "100000"), NO_LIMIT);
    assert_eq!(cpu_limit("max", "100000"), NO_LIMIT);
    assert_eq!(cpu_limit("150000", "100000"), "1.5 CPUs");
    assert_eq!(cpu_limit("200000", "100000"), "2 CPUs");
}
