//! Users and groups by the container's own `/etc/passwd` and `/etc/group` (`passwd(5)`, `group(5)`),
//! with the rules and texts of Docker.
//!
//! Pure: works on the contents of the files.

use palan_model::ErrorKind;

use crate::error::StartError;

/// Who a process will be.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Identity {
    pub(crate) uid: u32,
    pub(crate) gid: u32,
    /// All groups for `setgroups(2)`, the primary one first.
    pub(crate) groups: Vec<u32>,
    pub(crate) home: String,
}

/// The highest number that Docker takes.
const MAX_ID: u32 = i32::MAX.cast_unsigned();

struct User<'a> {
    name: &'a str,
    uid: u32,
    gid: u32,
    home: &'a str,
}

struct Group<'a> {
    name: &'a str,
    gid: u32,
    members: &'a str,
}

/// Finds out who `user[:group]` is.
///
/// A number is always taken as a number, and need not be in the files. A group that is given
/// explicitly leaves out the groups in which the files name the user.
pub(crate) fn resolve(
    spec: &str,
    additional: &[String],
    passwd: &str,
    group: &str,
) -> Result<Identity, StartError> {
    let (user_name, group_name) = spec.split_once(':').unwrap_or((spec, ""));
    let found = find_user(user_name, passwd)?;
    let (uid, mut gid, home) = match &found {
        Ok(user) => (user.uid, user.gid, user.home),
        Err(number) => (*number, 0, "/"),
    };
    let mut groups = Vec::new();
    if !group_name.is_empty() {
        gid = find_group(group_name, group)?;
    } else if let Ok(user) = &found {
        let is_member = |group: &Group<'_>| group.members.split(',').any(|name| name == user.name);
        groups.extend(parse_groups(group).filter(is_member).map(|group| group.gid));
    }
    for name in additional {
        groups.push(find_group(name, group)?);
    }
    groups.insert(0, gid);
    Ok(Identity {
        uid,
        gid,
        groups: distinct(groups),
        home: if home.is_empty() { "/" } else { home }.to_owned(),
    })
}

/// The passwd entry, or the number when there is none.
fn find_user<'a>(name: &str, passwd: &'a str) -> Result<Result<User<'a>, u32>, StartError> {
    let number = if name.is_empty() {
        Some(0)
    } else {
        name.parse().ok()
    };
    let entry = parse_users(passwd).find(|user| match number {
        Some(number) => user.uid == number,
        None => user.name == name,
    });
    match (entry, number) {
        (Some(user), _) => Ok(Ok(user)),
        (None, Some(number)) => in_range(number).map(Err),
        (None, None) => Err(refused(format!(
            "unable to find user {name}: no matching entries in passwd file"
        ))),
    }
}

fn find_group(name: &str, group: &str) -> Result<u32, StartError> {
    let number: Option<u32> = name.parse().ok();
    let entry = parse_groups(group).find(|group| match number {
        Some(number) => group.gid == number,
        None => group.name == name,
    });
    match (entry, number) {
        (Some(group), _) => Ok(group.gid),
        (None, Some(number)) => in_range(number),
        (None, None) => Err(refused(format!(
            "unable to find group {name}: no matching entries in group file"
        ))),
    }
}

fn in_range(number: u32) -> Result<u32, StartError> {
    if number > MAX_ID {
        return Err(refused(format!(
            "uids and gids must be in range 0-{MAX_ID}"
        )));
    }
    Ok(number)
}

fn refused(message: String) -> StartError {
    StartError::refused(125, ErrorKind::System, message)
}

fn parse_users(passwd: &str) -> impl Iterator<Item = User<'_>> {
    passwd.lines().filter_map(|line| {
        let mut fields = line.trim().split(':');
        let name = fields.next()?;
        let uid = fields.nth(1)?.parse().ok()?;
        let gid = fields.next()?.parse().ok()?;
        let home = fields.nth(1).unwrap_or_default();
        Some(User {
            name,
            uid,
            gid,
            home,
        })
    })
}

fn parse_groups(group: &str) -> impl Iterator<Item = Group<'_>> {
    group.lines().filter_map(|line| {
        let mut fields = line.trim().split(':');
        let name = fields.next()?;
        let gid = fields.nth(1)?.parse().ok()?;
        let members = fields.next().unwrap_or_default();
        Some(Group { name, gid, members })
    })
}

fn distinct(numbers: Vec<u32>) -> Vec<u32> {
    let mut seen = Vec::with_capacity(numbers.len());
    for number in numbers {
        if !seen.contains(&number) {
            seen.push(number);
        }
    }
    seen
}

#[cfg(test)]
mod tests {
    use super::*;

    const PASSWD: &str = "root:x:0:0:root:/root:/bin/sh\n# comment\nbad line\n\
                          app:x:1000:1001:App:/home/app:/bin/sh\nnohome:x:7:7\n";
    const GROUP: &str = "root:x:0:\nwheel:x:10:root,app\napp:x:1001:\nvideo:x:44:app\n";

    fn identity(spec: &str, additional: &[&str]) -> Result<(u32, u32, Vec<u32>, String), String> {
        let additional: Vec<String> = additional.iter().map(|s| (*s).to_owned()).collect();
        resolve(spec, &additional, PASSWD, GROUP)
            .map(|who| (who.uid, who.gid, who.groups, who.home))
            .map_err(|error| error.message)
    }

    #[test]
    fn names_numbers_and_groups() {
        let ok =
            |uid, gid, groups: &[u32], home: &str| Ok((uid, gid, groups.to_vec(), home.into()));
        assert_eq!(identity("", &[]), ok(0, 0, &[0, 10], "/root"));
        assert_eq!(
            identity("app", &[]),
            ok(1000, 1001, &[1001, 10, 44], "/home/app")
        );
        assert_eq!(
            identity("1000", &[]),
            ok(1000, 1001, &[1001, 10, 44], "/home/app")
        );
        assert_eq!(identity("app:wheel", &[]), ok(1000, 10, &[10], "/home/app"));
        assert_eq!(
            identity("app:5", &["video", "99"]),
            ok(1000, 5, &[5, 44, 99], "/home/app")
        );
        assert_eq!(identity("1234", &["10"]), ok(1234, 0, &[0, 10], "/"));
        assert_eq!(identity("nohome", &[]), ok(7, 7, &[7], "/"));
    }

    #[test]
    fn refusals_have_dockers_words() {
        let refused = |spec: &str| identity(spec, &[]).unwrap_err();
        assert_eq!(
            refused("nouser"),
            "unable to find user nouser: no matching entries in passwd file"
        );
        assert_eq!(
            refused("root:nogroupx"),
            "unable to find group nogroupx: no matching entries in group file"
        );
        assert_eq!(
            refused("4294967295"),
            "uids and gids must be in range 0-2147483647"
        );
        assert!(resolve("", &[], "", "").is_ok());
    }
}
