//! `--device`, `--device-cgroup-rule`, and the block device limits `--device-read-bps` and so on.

use palan_docker_api::container::{DeviceMapping, DeviceRequest, ThrottleDevice, WeightDevice};

use super::size::parse_bytes;
use super::volume::clean_path;
use crate::cli::args::FlagValue;

/// What the values of `--device` ask for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Devices {
    /// Device nodes of the host.
    pub mappings: Vec<DeviceMapping>,
    /// Devices by name of a vendor (`vendor.com/class=name`).
    pub requests: Vec<DeviceRequest>,
}

/// All values of `--device`.
///
/// # Errors
/// When one of them is not valid, in Docker's words.
pub fn parse(texts: &[String]) -> Result<Devices, String> {
    let mut devices = Devices::default();
    let mut qualified = Vec::new();
    for text in texts {
        if is_qualified(text) {
            qualified.push(text.clone());
        } else {
            devices.mappings.push(mapping(text)?);
        }
    }
    if !qualified.is_empty() {
        devices.requests.push(DeviceRequest {
            driver: "cdi".to_owned(),
            device_ids: Some(qualified),
            ..DeviceRequest::default()
        });
    }
    Ok(devices)
}

/// `vendor.com/class=name` (Container Device Interface).
fn is_qualified(text: &str) -> bool {
    let word = |text: &str| {
        text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .chars()
                .all(|c| c.is_ascii_alphanumeric() || matches!(c, '.' | '-' | '_' | ':'))
    };
    text.split_once('=')
        .and_then(|(kind, name)| Some((kind.split_once('/')?, name)))
        .is_some_and(|((vendor, class), name)| word(vendor) && word(class) && !name.is_empty())
}

/// `host[:container][:rwm]`.
fn mapping(text: &str) -> Result<DeviceMapping, String> {
    let bad = || format!("bad format for path: {text}");
    let parts: Vec<&str> = text.split(':').collect();
    let (source, target, access) = match parts[..] {
        ["", ..] => return Err(bad()),
        [path] => (path, path, "rwm"),
        [path, access] if is_access(access) => (path, path, access),
        [source, target] => (source, target, "rwm"),
        [source, target, access] if is_access(access) => (source, target, access),
        [_, _, access] => return Err(format!("bad mode specified: {access}")),
        _ => return Err(bad()),
    };
    if !target.starts_with('/') {
        return Err(format!("{target} is not an absolute path"));
    }
    let (source, target) = match parts.len() {
        1 => (clean_path(source), clean_path(target)),
        2 if source == target => (clean_path(source), clean_path(target)),
        2 => (source.to_owned(), clean_path(target)),
        _ => (source.to_owned(), target.to_owned()),
    };
    Ok(DeviceMapping {
        path_on_host: source,
        path_in_container: target,
        cgroup_permissions: access.to_owned(),
    })
}

/// Some of `r`, `w`, `m`, each at most once.
fn is_access(text: &str) -> bool {
    let once = |letter| text.matches(letter).count() <= 1;
    !text.is_empty() && text.chars().all(|c| "rwm".contains(c)) && "rwm".chars().all(once)
}

/// Rules of the device cgroup, `c 13:* rwm`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct CgroupRules(pub Vec<String>);

impl FlagValue for CgroupRules {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let number = |part: &str| {
            part == "*" || (!part.is_empty() && part.bytes().all(|byte| byte.is_ascii_digit()))
        };
        let parts: Vec<&str> = text.split(' ').collect();
        let valid = match parts[..] {
            [kind, numbers, access] => {
                matches!(kind, "a" | "b" | "c")
                    && numbers
                        .split_once(':')
                        .is_some_and(|(major, minor)| number(major) && number(minor))
                    && (1..=3).contains(&access.len())
                    && access.chars().all(|c| "rwm".contains(c))
            }
            _ => false,
        };
        if !valid {
            return Err(format!("invalid device cgroup format '{text}'"));
        }
        self.0.push(text.to_owned());
        Ok(())
    }
}

fn split_device(text: &str) -> Result<(&str, &str), String> {
    let (path, value) = text
        .split_once(':')
        .filter(|(path, _)| !path.is_empty())
        .ok_or_else(|| format!("bad format: {text}"))?;
    if path.starts_with("/dev/") {
        Ok((path, value))
    } else {
        Err(format!("bad format for device path: {text}"))
    }
}

/// Block IO weights of devices, `/dev/sda:500`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Weights(pub Vec<WeightDevice>);

impl FlagValue for Weights {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let (path, value) = split_device(text)?;
        let weight = value
            .parse::<u16>()
            .ok()
            .filter(|weight| *weight == 0 || (10..=1000).contains(weight))
            .ok_or_else(|| format!("invalid weight for device: {text}"))?;
        self.0.push(WeightDevice {
            path: path.to_owned(),
            weight,
        });
        Ok(())
    }
}

/// Rates in bytes per second, `/dev/sda:1mb`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ByteRates(pub Vec<ThrottleDevice>);

impl FlagValue for ByteRates {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let (path, value) = split_device(text)?;
        let rate = parse_bytes(value)
            .ok()
            .and_then(|bytes| u64::try_from(bytes).ok())
            .ok_or_else(|| {
                format!(
                    "invalid rate for device: {text}. The correct format is \
                     <device-path>:<number>[<unit>]. Number must be a positive integer. Unit is \
                     optional and can be kb, mb, or gb"
                )
            })?;
        self.0.push(ThrottleDevice {
            path: path.to_owned(),
            rate,
        });
        Ok(())
    }
}

/// Rates in operations per second, `/dev/sda:100`.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct OperationRates(pub Vec<ThrottleDevice>);

impl FlagValue for OperationRates {
    const WORD: &'static str = "list";

    fn set(&mut self, text: &str) -> Result<(), String> {
        let (path, value) = split_device(text)?;
        let rate = value.parse().map_err(|_| {
            format!(
                "invalid rate for device: {text}. The correct format is <device-path>:<number>. \
                 Number must be a positive integer"
            )
        })?;
        self.0.push(ThrottleDevice {
            path: path.to_owned(),
            rate,
        });
        Ok(())
    }
}
