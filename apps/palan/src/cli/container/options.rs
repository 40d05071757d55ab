//! The flags that `run` and `create` share.

use crate::cli::args::{Bytes, KeyValues, SignedBytes, flags};
use crate::cli::spec::device::{ByteRates, CgroupRules, OperationRates, Weights};
use crate::cli::spec::duration::GoDuration;
use crate::cli::spec::gpus::Gpus;
use crate::cli::spec::key_value::{Labels, Variables};
use crate::cli::spec::mount::Mounts;
use crate::cli::spec::network::Networks;
use crate::cli::spec::ulimit::Ulimits;
use crate::cli::spec::validate::{
    Addresses, Domains, ExtraHosts, Links, NanoCpus, Streams, Sysctls,
};

const CGROUPNS: &str = "Cgroup namespace to use (host|private)\n\
    'host':    Run the container in the host's cgroup namespace\n\
    'private': Run the container in its own private cgroup namespace\n\
    '':        Use the cgroup namespace as configured by the\n           \
    default-cgroupns-mode option on the engine (default)";

flags! {
    /// How to create a container: what is not part of its configuration.
    pub struct CreateFlags {
        name: String, "name", "Assign a name to the container";
        platform: String, "platform", "Set platform if server is multi-platform capable";
        pull: String = "missing".to_owned(), "pull",
            "Pull image before running (\"always\", \"missing\", \"never\")",
            .default("\"missing\"");
        quiet: bool, "quiet", "Suppress the pull output", .short('q');
        disable_content_trust: bool = true, "disable-content-trust", "Skip image verification",
            .default("true");
        help: bool, "help", "Print usage";
    }
}

flags! {
    /// The configuration of a container.
    pub struct ContainerFlags {
        attach: Streams, "attach", "Attach to STDIN, STDOUT or STDERR", .short('a');
        device_cgroup_rules: CgroupRules, "device-cgroup-rule",
            "Add a rule to the cgroup allowed devices list";
        devices: Vec<String>, "device", "Add a host device to the container";
        gpus: Gpus, "gpus", "GPU devices to add to the container ('all' to pass all GPUs)";
        env: Variables, "env", "Set environment variables", .short('e');
        env_file: Vec<String>, "env-file", "Read in a file of environment variables";
        entrypoint: Option<String>, "entrypoint", "Overwrite the default ENTRYPOINT of the image";
        group_add: Vec<String>, "group-add", "Add additional groups to join";
        hostname: String, "hostname", "Container host name", .short('h');
        domainname: String, "domainname", "Container NIS domain name";
        interactive: bool, "interactive", "Keep STDIN open even if not attached", .short('i');
        labels: Labels, "label", "Set meta data on a container", .short('l');
        label_files: Vec<String>, "label-file", "Read in a line delimited file of labels";
        read_only: bool, "read-only", "Mount the container's root filesystem as read only";
        restart: String = "no".to_owned(), "restart",
            "Restart policy to apply when a container exits", .default("\"no\"");
        stop_signal: String, "stop-signal", "Signal to stop the container";
        stop_timeout: Option<i64>, "stop-timeout", "Timeout (in seconds) to stop a container";
        sysctls: Sysctls, "sysctl", "Sysctl options", .default("map[]");
        tty: bool, "tty", "Allocate a pseudo-TTY", .short('t');
        ulimits: Ulimits, "ulimit", "Ulimit options", .default("[]");
        user: String, "user", "Username or UID (format: <name|uid>[:<group|gid>])", .short('u');
        workdir: String, "workdir", "Working directory inside the container", .short('w');
        rm: bool, "rm",
            "Automatically remove the container and its associated anonymous volumes when it exits";
        cap_add: Vec<String>, "cap-add", "Add Linux capabilities";
        cap_drop: Vec<String>, "cap-drop", "Drop Linux capabilities";
        privileged: bool, "privileged", "Give extended privileges to this container";
        security_opt: Vec<String>, "security-opt", "Security Options";
        userns: String, "userns", "User namespace to use";
        cgroupns: String, "cgroupns", CGROUPNS;
        add_host: ExtraHosts, "add-host", "Add a custom host-to-IP mapping (host:ip)";
        dns: Addresses, "dns", "Set custom DNS servers";
        dns_option: Vec<String>, "dns-option" also "dns-opt", "Set DNS options";
        dns_search: Domains, "dns-search", "Set custom DNS search domains";
        expose: Vec<String>, "expose", "Expose a port or a range of ports";
        ip: String, "ip", "IPv4 address (e.g., 172.30.100.104)";
        ip6: String, "ip6", "IPv6 address (e.g., 2001:db8::33)";
        links: Links, "link", "Add link to another container";
        link_local_ip: Vec<String>, "link-local-ip", "Container IPv4/IPv6 link-local addresses";
        mac_address: String, "mac-address", "Container MAC address (e.g., 92:d0:c6:0a:29:33)";
        publish: Vec<String>, "publish", "Publish a container's port(s) to the host", .short('p');
        publish_all: bool, "publish-all", "Publish all exposed ports to random ports", .short('P');
        networks: Networks, "network" also "net", "Connect a container to a network";
        network_alias: Vec<String>, "network-alias" also "net-alias",
            "Add network-scoped alias for the container";
        log_driver: String, "log-driver", "Logging driver for the container";
        volume_driver: String, "volume-driver", "Optional volume driver for the container";
        log_opt: Vec<String>, "log-opt", "Log driver options";
        storage_opt: Vec<String>, "storage-opt", "Storage driver options for the container";
        tmpfs: Vec<String>, "tmpfs", "Mount a tmpfs directory";
        volumes_from: Vec<String>, "volumes-from", "Mount volumes from the specified container(s)";
        volumes: Vec<String>, "volume", "Bind mount a volume", .short('v');
        mounts: Mounts, "mount", "Attach a filesystem mount to the container";
        health_cmd: String, "health-cmd", "Command to run to check health";
        health_interval: GoDuration, "health-interval",
            "Time between running the check (ms|s|m|h) (default 0s)";
        health_retries: i64, "health-retries", "Consecutive failures needed to report unhealthy";
        health_timeout: GoDuration, "health-timeout",
            "Maximum time to allow one check to run (ms|s|m|h) (default 0s)";
        health_start_period: GoDuration, "health-start-period",
            "Start period for the container to initialize before starting health-retries \
             countdown (ms|s|m|h) (default 0s)";
        health_start_interval: GoDuration, "health-start-interval",
            "Time between running the check during the start period (ms|s|m|h) (default 0s)", .since(44);
        no_healthcheck: bool, "no-healthcheck", "Disable any container-specified HEALTHCHECK";
        blkio_weight: u16, "blkio-weight",
            "Block IO (relative weight), between 10 and 1000, or 0 to disable (default 0)";
        blkio_weight_device: Weights, "blkio-weight-device",
            "Block IO weight (relative device weight)", .default("[]");
        cidfile: String, "cidfile", "Write the container ID to the file";
        cpuset_cpus: String, "cpuset-cpus", "CPUs in which to allow execution (0-3, 0,1)";
        cpuset_mems: String, "cpuset-mems", "MEMs in which to allow execution (0-3, 0,1)";
        cpu_count: i64, "cpu-count", "CPU count (Windows only)", .hidden();
        cpu_percent: i64, "cpu-percent", "CPU percent (Windows only)", .hidden();
        cpu_period: i64, "cpu-period", "Limit CPU CFS (Completely Fair Scheduler) period";
        cpu_quota: i64, "cpu-quota", "Limit CPU CFS (Completely Fair Scheduler) quota";
        cpu_rt_period: i64, "cpu-rt-period", "Limit CPU real-time period in microseconds";
        cpu_rt_runtime: i64, "cpu-rt-runtime", "Limit CPU real-time runtime in microseconds";
        cpu_shares: i64, "cpu-shares", "CPU shares (relative weight)", .short('c');
        cpus: NanoCpus, "cpus", "Number of CPUs";
        device_read_bps: ByteRates, "device-read-bps",
            "Limit read rate (bytes per second) from a device", .default("[]");
        device_read_iops: OperationRates, "device-read-iops",
            "Limit read rate (IO per second) from a device", .default("[]");
        device_write_bps: ByteRates, "device-write-bps",
            "Limit write rate (bytes per second) to a device", .default("[]");
        device_write_iops: OperationRates, "device-write-iops",
            "Limit write rate (IO per second) to a device", .default("[]");
        io_maxbandwidth: Bytes, "io-maxbandwidth",
            "Maximum IO bandwidth limit for the system drive (Windows only)", .hidden();
        io_maxiops: u64, "io-maxiops",
            "Maximum IOps limit for the system drive (Windows only)", .hidden();
        kernel_memory: Bytes, "kernel-memory", "Kernel memory limit";
        memory: Bytes, "memory", "Memory limit", .short('m');
        memory_reservation: Bytes, "memory-reservation", "Memory soft limit";
        memory_swap: SignedBytes, "memory-swap",
            "Swap limit equal to memory plus swap: '-1' to enable unlimited swap";
        memory_swappiness: i64 = -1, "memory-swappiness",
            "Tune container memory swappiness (0 to 100)", .default("-1");
        oom_kill_disable: bool, "oom-kill-disable", "Disable OOM Killer";
        oom_score_adj: i64, "oom-score-adj", "Tune host's OOM preferences (-1000 to 1000)";
        pids_limit: i64, "pids-limit", "Tune container pids limit (set -1 for unlimited)";
        cgroup_parent: String, "cgroup-parent", "Optional parent cgroup for the container";
        ipc: String, "ipc", "IPC mode to use";
        isolation: String, "isolation", "Container isolation technology";
        pid: String, "pid", "PID namespace to use";
        shm_size: Bytes, "shm-size", "Size of /dev/shm";
        uts: String, "uts", "UTS namespace to use";
        runtime: String, "runtime", "Runtime to use for this container";
        init: Option<bool>, "init",
            "Run an init inside the container that forwards signals and reaps processes";
        annotations: KeyValues, "annotation",
            "Add an annotation to the container (passed through to the OCI runtime)",
            .default("map[]"), .since(43);
    }
}
