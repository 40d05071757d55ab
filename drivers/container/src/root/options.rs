//! Mount options as texts to what the kernel takes: pure (`mount(8)`; OCI runtime specification,
//! `config.md`, "Linux mount options").

use palan_linux::mounts::{Attributes, Reach};
use rustix::mount::{MountAttrFlags as Attr, MountFlags};

/// Parsed options of one mount.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Options {
    /// For `mount(2)` of a new file system.
    pub(crate) flags: u32,
    /// For `mount_setattr(2)` of a bind mount.
    pub(crate) attributes: Attributes,
    /// The same, for the mount and all below it.
    pub(crate) tree_attributes: Attributes,
    /// How much of the source is bound; none when it is not a bind mount.
    pub(crate) bind: Option<Reach>,
    /// The propagation type and how far it reaches.
    pub(crate) propagation: Option<(u64, Reach)>,
    /// What is left for the file system itself, joined by commas.
    pub(crate) data: String,
    /// Fill a new tmpfs with what was at its place.
    pub(crate) copy_up: bool,
}

// MS_.. values of `linux/mount.h`.
const SHARED: u64 = 1 << 20;
const PRIVATE: u64 = 1 << 18;
const SLAVE: u64 = 1 << 19;
const UNBINDABLE: u64 = 1 << 17;
const MANDLOCK: u32 = 64;

impl Options {
    pub(crate) fn parse(options: &[String]) -> Self {
        let mut parsed = Self::default();
        for option in options {
            if !parsed.take(option) {
                if !parsed.data.is_empty() {
                    parsed.data.push(',');
                }
                parsed.data.push_str(option);
            }
        }
        parsed
    }

    /// Is the mount a peer of the host's, or asked to be?
    pub(crate) fn is_shared(&self) -> bool {
        matches!(self.propagation, Some((SHARED, _)))
    }

    fn take(&mut self, option: &str) -> bool {
        match option {
            "bind" => self.bind = Some(Reach::Mount),
            "rbind" => self.bind = Some(Reach::Tree),
            "tmpcopyup" => self.copy_up = true,
            "defaults" | "remount" => {}
            _ => return self.take_propagation(option) || self.take_flag(option),
        }
        true
    }

    fn take_propagation(&mut self, option: &str) -> bool {
        self.propagation = Some(match option {
            "shared" => (SHARED, Reach::Mount),
            "rshared" => (SHARED, Reach::Tree),
            "slave" => (SLAVE, Reach::Mount),
            "rslave" => (SLAVE, Reach::Tree),
            "private" => (PRIVATE, Reach::Mount),
            "rprivate" => (PRIVATE, Reach::Tree),
            "unbindable" => (UNBINDABLE, Reach::Mount),
            "runbindable" => (UNBINDABLE, Reach::Tree),
            _ => return false,
        });
        true
    }

    fn take_flag(&mut self, option: &str) -> bool {
        if let Some(change) = attribute(option) {
            change.apply(&mut self.attributes);
            self.flags = self.flags & !change.clear_flags | change.set_flags;
            return true;
        }
        if let Some(change) = option.strip_prefix('r').and_then(attribute) {
            change.apply(&mut self.tree_attributes);
            return true;
        }
        match superblock_flag(option) {
            Some((flag, true)) => self.flags |= flag,
            Some((flag, false)) => self.flags &= !flag,
            None => return false,
        }
        true
    }
}

/// What one option changes, in both interfaces.
struct Change {
    set: Attr,
    clear: Attr,
    set_flags: u32,
    clear_flags: u32,
}

impl Change {
    fn apply(&self, to: &mut Attributes) {
        let (set, clear) = (u64::from(self.set.bits()), u64::from(self.clear.bits()));
        // A later option wins over an earlier one.
        to.set = to.set & !clear | set;
        to.clear = to.clear & !set | clear;
    }
}

fn attribute(option: &str) -> Option<Change> {
    let (attr, flag) = match option.strip_prefix("no").unwrap_or(option) {
        "ro" | "rw" => (Attr::MOUNT_ATTR_RDONLY, MountFlags::RDONLY),
        "suid" => (Attr::MOUNT_ATTR_NOSUID, MountFlags::NOSUID),
        "dev" => (Attr::MOUNT_ATTR_NODEV, MountFlags::NODEV),
        "exec" => (Attr::MOUNT_ATTR_NOEXEC, MountFlags::NOEXEC),
        "diratime" => (Attr::MOUNT_ATTR_NODIRATIME, MountFlags::NODIRATIME),
        "symfollow" => (Attr::MOUNT_ATTR_NOSYMFOLLOW, MountFlags::NOSYMFOLLOW),
        "atime" | "relatime" | "strictatime" => return Some(time_attribute(option)),
        _ => return None,
    };
    let sets = match option {
        "noro" | "norw" => return None,
        "ro" => true,
        _ => option.starts_with("no"),
    };
    let (none, flag) = (Attr::empty(), flag.bits());
    Some(if sets {
        Change {
            set: attr,
            clear: none,
            set_flags: flag,
            clear_flags: 0,
        }
    } else {
        Change {
            set: none,
            clear: attr,
            set_flags: 0,
            clear_flags: flag,
        }
    })
}

/// The kinds of access time are one field: setting one clears the others.
fn time_attribute(option: &str) -> Change {
    let all = Attr::MOUNT_ATTR__ATIME;
    let clear_flags = (MountFlags::NOATIME | MountFlags::RELATIME | MountFlags::STRICTATIME).bits();
    let (set, flag) = match option {
        "noatime" => (Attr::MOUNT_ATTR_NOATIME, MountFlags::NOATIME),
        "strictatime" => (Attr::MOUNT_ATTR_STRICTATIME, MountFlags::STRICTATIME),
        // The kernel's default, which the negations come back to.
        _ => (Attr::MOUNT_ATTR_RELATIME, MountFlags::RELATIME),
    };
    Change {
        set,
        clear: all,
        set_flags: flag.bits(),
        clear_flags,
    }
}

fn superblock_flag(option: &str) -> Option<(u32, bool)> {
    Some(match option {
        "sync" => (MountFlags::SYNCHRONOUS.bits(), true),
        "async" => (MountFlags::SYNCHRONOUS.bits(), false),
        "dirsync" => (MountFlags::DIRSYNC.bits(), true),
        "lazytime" => (MountFlags::LAZYTIME.bits(), true),
        "nolazytime" => (MountFlags::LAZYTIME.bits(), false),
        "mand" => (MANDLOCK, true),
        "nomand" => (MANDLOCK, false),
        "silent" => (MountFlags::SILENT.bits(), true),
        "loud" => (MountFlags::SILENT.bits(), false),
        _ => return None,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(options: &str) -> Options {
        let options: Vec<String> = options.split(',').map(str::to_owned).collect();
        Options::parse(&options)
    }

    #[test]
    fn dockers_dev() {
        let dev = parse("nosuid,strictatime,mode=755,size=65536k");
        let flags = MountFlags::NOSUID | MountFlags::STRICTATIME;
        assert_eq!(dev.flags, flags.bits());
        assert_eq!(dev.data, "mode=755,size=65536k");
        assert!(dev.bind.is_none());
    }

    #[test]
    fn binds() {
        let bind = parse("rbind,ro,rprivate");
        assert_eq!(bind.bind, Some(Reach::Tree));
        assert_eq!(
            bind.attributes.set,
            u64::from(Attr::MOUNT_ATTR_RDONLY.bits())
        );
        assert_eq!(bind.propagation, Some((PRIVATE, Reach::Tree)));
        assert!(parse("bind,rshared").is_shared());
        let recursive = parse("rbind,rro,rnosuid");
        assert_eq!(recursive.attributes.set, 0);
        let both = Attr::MOUNT_ATTR_RDONLY | Attr::MOUNT_ATTR_NOSUID;
        assert_eq!(recursive.tree_attributes.set, u64::from(both.bits()));
    }

    #[test]
    fn the_last_option_wins() {
        let last = parse("ro,rw,noexec,exec,noatime,relatime");
        assert_eq!(
            last.attributes.set,
            u64::from(Attr::MOUNT_ATTR_RELATIME.bits())
        );
        assert_eq!(last.flags, MountFlags::RELATIME.bits());
        let clear = Attr::MOUNT_ATTR_RDONLY | Attr::MOUNT_ATTR_NOEXEC | Attr::MOUNT_ATTR__ATIME;
        assert_eq!(last.attributes.clear, u64::from(clear.bits()));
    }
}
