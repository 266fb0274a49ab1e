//! Who is at the other end of the socket.
use super::problem::Problem;
use axum::http::StatusCode;
use std::fmt;
use std::io;
use tokio::net::UnixStream;

/// What a caller may do. Ordered: each scope may do what the one before may.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd)]
pub enum Scope {
    /// Look, plan, execute, pause.
    Operate,
    /// Reload as well.
    Admin,
}

/// A caller, as the kernel names it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Peer {
    uid: u32,
    name: Option<String>,
    scope: Scope,
}

impl Peer {
    /// Reads it from the socket. Root and the service's own user are administrators; whoever else
    /// could open the socket is an operator.
    ///
    /// # Errors
    /// Where the kernel does not say.
    pub fn of(stream: &UnixStream) -> io::Result<Self> {
        Ok(Self::new(stream.peer_cred()?.uid(), rustix::process::geteuid().as_raw()))
    }

    fn new(uid: u32, own: u32) -> Self {
        let scope = if uid == 0 || uid == own { Scope::Admin } else { Scope::Operate };
        Self { uid, name: name_of(uid), scope }
    }

    /// What it may do.
    pub fn scope(&self) -> Scope {
        self.scope
    }

    /// # Errors
    /// 403 where this caller may not do what needs `scope`.
    pub fn needs(&self, scope: Scope) -> Result<(), Problem> {
        if self.scope >= scope {
            return Ok(());
        }
        let detail = format!("{self} may operate, but this needs the service's own user or root");
        Err(Problem::new(StatusCode::FORBIDDEN, "denied", detail)
            .hint("call it as that user, or send SIGHUP to reload"))
    }
}

/// As it stands in the journal: `alice (uid 1000)`.
impl fmt::Display for Peer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.name {
            Some(name) => write!(f, "{name} (uid {})", self.uid),
            None => write!(f, "uid {}", self.uid),
        }
    }
}

/// The name of a local user, for people; the number is what counts.
fn name_of(uid: u32) -> Option<String> {
    let users = std::fs::read_to_string("/etc/passwd").ok()?;
    named(&users, uid).map(str::to_owned)
}

fn named(users: &str, uid: u32) -> Option<&str> {
    users.lines().find_map(|line| {
        let mut fields = line.split(':');
        let name = fields.next()?;
        (fields.nth(1)?.parse() == Ok(uid)).then_some(name)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn root_and_the_own_user_administer_and_everybody_else_operates() {
        assert_eq!(Peer::new(0, 990).scope(), Scope::Admin);
        assert_eq!(Peer::new(990, 990).scope(), Scope::Admin);
        let other = Peer::new(65_123, 990);
        assert!(other.needs(Scope::Operate).is_ok());
        assert_eq!(other.needs(Scope::Admin).unwrap_err().status, 403);
    }

    #[test]
    fn a_user_is_named_where_the_system_knows_a_name() {
        let users = "root:x:0:0:root:/root:/bin/sh\nalice:x:1000:1000::/home/alice:/bin/sh\n";
        assert_eq!(named(users, 1000), Some("alice"));
        assert_eq!(named(users, 1001), None);
    }
}
