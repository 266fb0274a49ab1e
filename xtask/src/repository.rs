//! Where things are.
use crate::call::{Built, Call};
use crate::failure::Failure;
use std::path::{Path, PathBuf};

/// The repository that the recipe works on.
#[derive(Debug)]
pub(crate) struct Repository {
    top: PathBuf,
}

/// What is said where the local network cannot be built.
pub(crate) const NO_DEVNET_SOURCES: &str = "the sources of the Radix Engine are neither here nor can be fetched";

impl Repository {
    /// The repository that holds this program.
    pub(crate) fn find() -> Result<Self, Failure> {
        let own = std::env::var_os("CARGO_MANIFEST_DIR").map(PathBuf::from);
        let top = own.as_deref().and_then(Path::parent).map(Path::to_path_buf);
        let top = top.ok_or_else(|| Failure::new("the repository was not found").hint("run it as `cargo xtask`"))?;
        Ok(Self { top })
    }

    /// Its top folder.
    pub(crate) fn top(&self) -> &Path {
        &self.top
    }

    /// Folder of what recipes make: `target`, also where cargo is told to build elsewhere.
    pub(crate) fn made(&self) -> PathBuf {
        self.top.join("target")
    }

    /// Manifest of the excluded workspace with the local Radix network.
    pub(crate) fn devnet_manifest(&self) -> PathBuf {
        self.top.join("devnet").join("radix").join("Cargo.toml")
    }

    /// Whether the sources of the local network's dependencies are here or can be had.
    pub(crate) fn has_devnet_sources(&self) -> bool {
        let fetch = |offline: bool| {
            let call = Call::cargo(self)
                .args(["fetch", "--locked", "--target=host-tuple", "--manifest-path"])
                .arg(self.devnet_manifest());
            if offline { call.arg("--offline").works() } else { call.works() }
        };
        fetch(true) || fetch(false)
    }

    /// Builds the local Radix network and says where its program is. The first time takes some minutes: it holds the
    /// real Radix Engine.
    pub(crate) fn build_devnet(&self) -> Result<PathBuf, Failure> {
        let call = Call::cargo(self).args(["build", "--locked", "--manifest-path"]).arg(self.devnet_manifest());
        call.build()?.program("radix-devnet")
    }

    /// Builds `tanist` as a developer runs it, and says where the program is.
    pub(crate) fn build_tanist(&self) -> Result<PathBuf, Failure> {
        let built: Built = Call::cargo(self).args(["build", "--package", "tanist", "--bin", "tanist"]).build()?;
        built.program("tanist")
    }
}
