//! Finding what mounts name: volumes are made and claimed, paths of the host looked at.

use palan_contracts::PathKind;
use palan_model::mount::{MountKind, MountPoint};
use palan_model::{ContainerId, HostConfig, VolumeName};

use super::super::Containers;
use super::super::mounts::{WantedMount, inherited_read_only};
use crate::volumes::VolumeSpec;
use crate::{Error, Result};

impl Containers {
    /// Mounts taken over with `--volumes-from`.
    pub(super) fn inherited_mounts(&self, host: &HostConfig) -> Result<Vec<MountPoint>> {
        let mut mounts = vec![];
        for source in &host.volumes_from {
            let (name, mode) = source.rsplit_once(':').unwrap_or((source, ""));
            let read_only = inherited_read_only(mode)?;
            let other = self.shared().record(name)?;
            // An anonymous volume goes with the last of those who share it.
            mounts.extend(other.mounts.iter().cloned().map(|mut point| {
                point.copy_up = false;
                point.rw &= !read_only;
                point
            }));
        }
        Ok(mounts)
    }

    /// Volumes that do not exist are made and listed in `made`; bind sources are looked at.
    pub(super) async fn resolve_mounts(
        &self,
        id: &ContainerId,
        wanted: Vec<WantedMount>,
        made: &mut Vec<VolumeName>,
    ) -> Result<Vec<MountPoint>> {
        let mut mounts = vec![];
        for mount in wanted {
            mounts.push(match mount.point.kind {
                MountKind::Volume => self.resolve_volume(id, mount, made).await?,
                MountKind::Bind => self.resolve_bind(mount).await?,
                MountKind::Tmpfs => mount.point,
            });
        }
        Ok(mounts)
    }

    async fn resolve_volume(
        &self,
        id: &ContainerId,
        mount: WantedMount,
        made: &mut Vec<VolumeName>,
    ) -> Result<MountPoint> {
        let mut point = mount.point;
        let spec = VolumeSpec {
            name: point.name.clone(),
            driver: point.driver.clone().unwrap_or_default(),
            options: mount.options,
            labels: mount.labels,
        };
        let (volume, is_new) = self.shared().volumes.claim(spec, id).await?;
        if is_new {
            made.push(volume.name.clone());
        }
        point.source.clone_from(&volume.mountpoint);
        point.name = Some(volume.name.to_string());
        Ok(point)
    }

    async fn resolve_bind(&self, mount: WantedMount) -> Result<MountPoint> {
        let host = &self.shared().drivers.host;
        let source = &mount.point.source;
        if host.path_kind(source).await?.is_none() {
            if !mount.create_source {
                return Err(Error::InvalidParameter(format!(
                    "invalid mount config for type \"bind\": bind source path does not exist: {}",
                    source.display()
                )));
            }
            host.create_directory(source).await?;
            debug_assert_eq!(host.path_kind(source).await?, Some(PathKind::Directory));
        }
        Ok(mount.point)
    }
}
