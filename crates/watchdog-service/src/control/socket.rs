//! The socket file: made with the right permissions before anybody can connect.
use std::ffi::OsString;
use std::fs;
use std::io;
use std::os::unix::fs::{FileTypeExt, MetadataExt, PermissionsExt, chown};
use std::os::unix::net::UnixStream;
use std::path::{Path, PathBuf};
use tokio::net::UnixListener;

/// Longest path of a socket, bytes: what the system takes, less the ending of the name under which
/// the socket is made. Source: `sun_path` of unix(7).
pub const PATH_MAX: usize = 103;

/// A socket cannot be listened on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SocketError {
    /// A living process answers there.
    #[error("socket {} is in use by another process", path.display())]
    Taken {
        /// The socket.
        path: PathBuf,
    },
    /// Something else stands at its place.
    #[error("{} exists and is not a socket", path.display())]
    NotASocket {
        /// The path.
        path: PathBuf,
    },
    /// No such group.
    #[error("there is no group `{group}`")]
    NoGroup {
        /// Name or number as configured.
        group: String,
    },
    /// The path is longer than the system allows.
    #[error("path {} is longer than {PATH_MAX} bytes", path.display())]
    TooLong {
        /// The path.
        path: PathBuf,
    },
    /// The system refused.
    #[error("socket {} cannot be made", path.display())]
    Refused {
        /// The socket.
        path: PathBuf,
        /// Why.
        #[source]
        source: io::Error,
    },
}

/// A listening socket with its file, which goes when this is dropped.
#[derive(Debug)]
pub struct Socket {
    listener: UnixListener,
    path: PathBuf,
    inode: u64,
}

impl Socket {
    /// Listens at `path`, mode 0660, for `group` where one is named. The directory is made where it
    /// is missing. What a dead process left behind is replaced; a living one's socket is not.
    ///
    /// # Errors
    /// As [`SocketError`] says. Must be called within a tokio runtime.
    pub fn bind(path: &Path, group: Option<&str>) -> Result<Self, SocketError> {
        let refused = |source| SocketError::Refused { path: path.to_owned(), source };
        if path.as_os_str().len() > PATH_MAX {
            return Err(SocketError::TooLong { path: path.to_owned() });
        }
        let gid = group
            .map(|group| gid(group).ok_or_else(|| SocketError::NoGroup { group: group.to_owned() }))
            .transpose()?;
        refuse_living(path)?;
        if let Some(directory) = path.parent().filter(|directory| !directory.as_os_str().is_empty()) {
            fs::create_dir_all(directory).map_err(refused)?;
        }
        // Made under another name and moved into place once its permissions are right.
        let unfinished = unfinished(path);
        match fs::remove_file(&unfinished) {
            Err(error) if error.kind() != io::ErrorKind::NotFound => return Err(refused(error)),
            _ => {}
        }
        let listener = UnixListener::bind(&unfinished).map_err(refused)?;
        let placed = place(&unfinished, path, gid);
        if placed.is_err() {
            fs::remove_file(&unfinished).ok();
        }
        let inode = placed.map_err(refused)?;
        Ok(Self { listener, path: path.to_owned(), inode })
    }

    /// The listener.
    pub fn listener(&self) -> &UnixListener {
        &self.listener
    }

    /// Where it is.
    pub fn path(&self) -> &Path {
        &self.path
    }
}

impl Drop for Socket {
    fn drop(&mut self) {
        // Only our own: another instance may have taken the place meanwhile.
        if fs::symlink_metadata(&self.path).is_ok_and(|found| found.ino() == self.inode) {
            fs::remove_file(&self.path).ok();
        }
    }
}

fn place(unfinished: &Path, path: &Path, gid: Option<u32>) -> io::Result<u64> {
    fs::set_permissions(unfinished, fs::Permissions::from_mode(0o660))?;
    if gid.is_some() {
        chown(unfinished, None, gid)?;
    }
    let inode = fs::symlink_metadata(unfinished)?.ino();
    fs::rename(unfinished, path)?;
    Ok(inode)
}

fn unfinished(path: &Path) -> PathBuf {
    let mut name: OsString = path.as_os_str().to_owned();
    name.push(".new");
    name.into()
}

fn refuse_living(path: &Path) -> Result<(), SocketError> {
    let Ok(found) = fs::symlink_metadata(path) else { return Ok(()) };
    if !found.file_type().is_socket() {
        return Err(SocketError::NotASocket { path: path.to_owned() });
    }
    match UnixStream::connect(path) {
        Err(error) if error.kind() == io::ErrorKind::ConnectionRefused => Ok(()),
        Err(error) if error.kind() == io::ErrorKind::NotFound => Ok(()),
        // Whether it answers, or only lets nobody of us in: somebody lives there.
        _ => Err(SocketError::Taken { path: path.to_owned() }),
    }
}

fn gid(group: &str) -> Option<u32> {
    if let Ok(number) = group.parse() {
        return Some(number);
    }
    let groups = fs::read_to_string("/etc/group").ok()?;
    groups.lines().find_map(|line| {
        let mut fields = line.split(':');
        (fields.next()? == group).then(|| fields.nth(1)?.parse().ok()).flatten()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn the_socket_is_made_for_owner_and_group_and_goes_with_its_owner() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("run/control.sock");
        let socket = Socket::bind(&path, None).unwrap();
        assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o660);
        assert!(UnixStream::connect(&path).is_ok());
        drop(socket);
        assert!(!path.exists());
    }

    #[tokio::test]
    async fn a_living_socket_is_left_alone_and_a_dead_one_is_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.sock");
        let first = Socket::bind(&path, None).unwrap();
        assert!(matches!(Socket::bind(&path, None), Err(SocketError::Taken { .. })));
        drop(first);
        // A process that was killed leaves its file.
        drop(std::os::unix::net::UnixListener::bind(&path).unwrap());
        assert!(path.exists());
        assert!(Socket::bind(&path, None).is_ok());
    }

    #[tokio::test]
    async fn what_is_no_socket_is_never_replaced() {
        let directory = tempfile::tempdir().unwrap();
        let path = directory.path().join("control.sock");
        fs::File::create(&path).unwrap();
        assert!(matches!(Socket::bind(&path, None), Err(SocketError::NotASocket { .. })));
        assert!(path.exists());
        let long = directory.path().join("x".repeat(120));
        assert!(matches!(Socket::bind(&long, None), Err(SocketError::TooLong { .. })));
        let grouped = Socket::bind(&directory.path().join("g"), Some("no such group"));
        assert!(matches!(grouped, Err(SocketError::NoGroup { .. })));
    }

    #[test]
    fn a_group_is_a_name_or_a_number() {
        assert_eq!(gid("1234"), Some(1234));
        assert_eq!(gid("root"), Some(0));
    }
}
