//! An address that calls are made to.
use reqwest::Url;
use schemars::{JsonSchema, Schema, SchemaGenerator, json_schema};
use serde::{Deserialize, Deserializer, de};
use std::borrow::Cow;
use std::fmt;
use std::str::FromStr;

/// Address of an API: HTTP or HTTPS, a host, and no credentials.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct BaseUrl(Url);

impl BaseUrl {
    /// The address as it was typed.
    pub fn url(&self) -> Url {
        self.0.clone()
    }

    /// The same for an API whose paths begin with `/{root}`, however much of it was typed.
    pub fn rooted(&self, root: &str) -> Url {
        let mut url = self.0.clone();
        let path = url.path().trim_end_matches('/').to_owned();
        if !path.ends_with(&format!("/{root}")) {
            url.set_path(&format!("{path}/{root}"));
        }
        url
    }

    /// The same without `/{root}` at its end.
    pub fn above(&self, root: &str) -> Url {
        let mut url = self.0.clone();
        let path = url.path().trim_end_matches('/').to_owned();
        url.set_path(path.strip_suffix(&format!("/{root}")).unwrap_or(&path));
        url
    }

    /// Host name or address, lower case.
    pub fn host(&self) -> String {
        self.0.host_str().unwrap_or_default().trim_matches(['[', ']']).to_lowercase()
    }

    /// The host, with the port where one was typed.
    pub fn host_and_port(&self) -> String {
        self.0.port().map_or_else(|| self.host(), |port| format!("{}:{port}", self.host()))
    }

    /// Whether it leads to this machine. Tunnels end here, and then the host does not say who is
    /// asked.
    pub fn is_this_machine(&self) -> bool {
        let host = self.host();
        host == "localhost" || host.parse::<std::net::IpAddr>().is_ok_and(|address| address.is_loopback())
    }
}

/// A text that is no such address. Quotes no part of it, since it may hold credentials.
#[derive(Clone, Copy, Debug, Eq, PartialEq, thiserror::Error)]
#[error("not an address of an API: {0}")]
pub struct BadUrl(&'static str);

impl FromStr for BaseUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        let url = Url::parse(text).map_err(|_| BadUrl("write it like \"https://gateway.example\""))?;
        let reason = match &url {
            _ if !matches!(url.scheme(), "http" | "https") => "use http:// or https://",
            _ if !url.username().is_empty() || url.password().is_some() => {
                "credentials do not belong in it, use `basic_auth`"
            }
            _ if url.query().is_some() || url.fragment().is_some() => "leave out what follows `?` or `#`",
            _ if !url.has_host() => "it names no host",
            _ => return Ok(Self(url)),
        };
        Err(BadUrl(reason))
    }
}

impl fmt::Display for BaseUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<'de> Deserialize<'de> for BaseUrl {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Cow::<'de, str>::deserialize(deserializer)?.parse().map_err(de::Error::custom)
    }
}

impl JsonSchema for BaseUrl {
    fn schema_name() -> Cow<'static, str> {
        "RadixBaseUrl".into()
    }

    fn json_schema(_: &mut SchemaGenerator) -> Schema {
        json_schema!({ "type": "string", "format": "uri", "description": "Address of an API, http or https, without credentials.", "pattern": "^https?://" })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &str) -> BaseUrl {
        text.parse().unwrap()
    }

    #[test]
    fn an_address_may_be_typed_with_or_without_the_path_of_its_api() {
        assert_eq!(read("http://h:3333").rooted("core").as_str(), "http://h:3333/core");
        assert_eq!(read("http://h:3333/core/").rooted("core").as_str(), "http://h:3333/core/");
        assert_eq!(read("https://h/node/core").rooted("core").as_str(), "https://h/node/core");
        assert_eq!(read("http://h:3334").above("system").as_str(), "http://h:3334/");
        assert_eq!(read("http://h:3334/x/system/").above("system").as_str(), "http://h:3334/x");
    }

    #[test]
    fn only_this_machine_needs_more_than_a_host_to_tell_origins_apart() {
        for (url, loopback) in [
            ("http://127.0.0.1:1", true),
            ("http://[::1]:1", true),
            ("http://localhost:1", true),
            ("https://g.example", false),
        ] {
            assert_eq!(read(url).is_this_machine(), loopback, "{url}");
        }
        assert_eq!(read("http://[::1]:8080/x").host_and_port(), "::1:8080");
        assert_eq!(read("https://G.example/").host_and_port(), "g.example");
    }

    #[test]
    fn credentials_in_an_address_are_refused_and_not_repeated() {
        let error = "https://user:hunter2@h".parse::<BaseUrl>().unwrap_err().to_string();
        assert!(!error.contains("hunter2") && error.contains("basic_auth"), "{error}");
        for wrong in ["ftp://h", "h:80", "", "http://", "https://h?a=b", "https://h#a"] {
            assert!(wrong.parse::<BaseUrl>().is_err(), "{wrong}");
        }
    }
}
