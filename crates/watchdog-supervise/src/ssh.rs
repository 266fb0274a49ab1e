//! Reaching a node by the system's own ssh.
use crate::doubt::Doubt;
use crate::invocation::{Finished, Invocation};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use std::path::PathBuf;
use watchdog_core::config::{Text, TextDuration};
use watchdog_core::cx::Cx;

/// How a node is reached by SSH. The key stays in its file: neither it nor any other secret is ever
/// an argument.
#[derive(Clone, Debug, Deserialize, JsonSchema, Serialize)]
#[serde(deny_unknown_fields)]
pub struct SshSettings {
    /// Host name or address.
    #[schemars(with = "String", extend("examples" = ["10.0.0.8"]))]
    pub host: Text,
    /// User on that host.
    #[schemars(with = "String", extend("examples" = ["fence"]))]
    pub user: Text,
    /// Port of its SSH server.
    #[serde(default = "SshSettings::default_port")]
    pub port: u16,
    /// File with the private key, mode 0600, without a passphrase.
    pub identity: PathBuf,
    /// File with the host's key; another key, or none, is never accepted.
    pub known_hosts: PathBuf,
    /// Time in which the connection must stand; whole seconds, at least 1.
    #[serde(default = "SshSettings::default_connect_within")]
    pub connect_within: TextDuration,
    /// The ssh program.
    #[serde(default = "SshSettings::default_program")]
    pub program: PathBuf,
}

impl SshSettings {
    fn default_port() -> u16 {
        22
    }

    fn default_connect_within() -> TextDuration {
        TextDuration(std::time::Duration::from_secs(5))
    }

    fn default_program() -> PathBuf {
        PathBuf::from("/usr/bin/ssh")
    }

    /// Checks what the form of the values does not: key and reason where something is wrong. Nothing
    /// that ssh could take for an option or a shell for more than a word may pass.
    pub fn check(&self) -> Result<(), (&'static str, String)> {
        let is_word = |text: &str| {
            let allowed = |b: u8| b.is_ascii_alphanumeric() || b"._:-".contains(&b);
            !text.is_empty() && !text.starts_with('-') && text.bytes().all(allowed)
        };
        let rule = "letters, digits, `.`, `_`, `:` and `-`, not `-` first".to_owned();
        match () {
            () if !is_word(&self.host.0) => Err(("host", rule)),
            () if !is_word(&self.user.0) => Err(("user", rule)),
            () if self.port == 0 => Err(("port", "1 to 65535".to_owned())),
            () if self.connect_within.0.as_secs() == 0 => Err(("connect_within", "at least 1 s".to_owned())),
            () => Ok(()),
        }
    }

    /// The command line that runs `command` on the node.
    ///
    /// No configuration file, no agent, no forwarding, no terminal, no question; only the known host
    /// key and the one identity count; a connection that fell silent is given up after 4 s.
    pub fn argv(&self, command: &str) -> Vec<String> {
        let seconds = self.connect_within.0.as_secs();
        let options = [
            "BatchMode=yes".to_owned(),
            "StrictHostKeyChecking=yes".to_owned(),
            format!("UserKnownHostsFile={}", quoted(&self.known_hosts)),
            "GlobalKnownHostsFile=/dev/null".to_owned(),
            "UpdateHostKeys=no".to_owned(),
            "IdentitiesOnly=yes".to_owned(),
            "IdentityAgent=none".to_owned(),
            "PreferredAuthentications=publickey".to_owned(),
            format!("ConnectTimeout={seconds}"),
            "ConnectionAttempts=1".to_owned(),
            "ServerAliveInterval=2".to_owned(),
            "ServerAliveCountMax=2".to_owned(),
            "ClearAllForwardings=yes".to_owned(),
            "ForwardAgent=no".to_owned(),
            "PermitLocalCommand=no".to_owned(),
            "ControlMaster=no".to_owned(),
            "ControlPath=none".to_owned(),
            "LogLevel=ERROR".to_owned(),
        ];
        let mut argv = vec![self.program.display().to_string(), "-F".into(), "none".into(), "-T".into()];
        argv.extend(options.into_iter().flat_map(|option| ["-o".to_owned(), option]));
        argv.extend(["-i".to_owned(), self.identity.display().to_string()]);
        argv.extend(["-p".to_owned(), self.port.to_string(), "-l".to_owned(), self.user.0.clone()]);
        argv.extend(["--".to_owned(), self.host.0.clone(), command.to_owned()]);
        argv
    }

    /// Runs `command` on the node.
    pub(crate) async fn run(&self, command: &str, cx: &Cx) -> Result<Finished, Doubt> {
        let finished = Invocation::new(self.argv(command)).run(cx).await?;
        match finished.status.code() {
            Some(255) => Err(Doubt::Transport(last_line(&finished.errors))),
            _ => Ok(finished),
        }
    }
}

/// ssh splits the value of this option at blanks unless it is quoted.
fn quoted(path: &std::path::Path) -> String {
    format!("\"{}\"", path.display())
}

/// What ssh said last, without control characters.
fn last_line(errors: &[u8]) -> String {
    let text = String::from_utf8_lossy(errors);
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty()).unwrap_or_default();
    line.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings() -> SshSettings {
        let json = r#"{"host":"10.0.0.8","user":"fence","identity":"/keys/fence","known_hosts":"/keys/known"}"#;
        serde_json::from_str(json).unwrap()
    }

    #[test]
    fn nothing_that_could_be_an_option_or_more_than_a_word_is_a_host_or_a_user() {
        assert_eq!(settings().check(), Ok(()));
        for bad in ["", "-oProxyCommand=id", "a b", "a;id", "a$b", "a\nb"] {
            let host = SshSettings { host: Text(bad.into()), ..settings() };
            assert_eq!(host.check().unwrap_err().0, "host", "{bad:?}");
            let user = SshSettings { user: Text(bad.into()), ..settings() };
            assert_eq!(user.check().unwrap_err().0, "user", "{bad:?}");
        }
    }

    #[test]
    fn the_command_is_the_last_word_and_everything_risky_is_off() {
        let argv = settings().argv("tanist/fence/v1 status main node_a");
        assert_eq!(
            argv.iter().rev().take(3).collect::<Vec<_>>(),
            ["tanist/fence/v1 status main node_a", "10.0.0.8", "--"]
        );
        for option in
            ["BatchMode=yes", "StrictHostKeyChecking=yes", "IdentitiesOnly=yes", "ForwardAgent=no", "ConnectTimeout=5"]
        {
            assert!(argv.windows(2).any(|pair| pair == ["-o", option]), "{option}");
        }
    }
}
