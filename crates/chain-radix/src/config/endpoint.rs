//! Where gateways and nodes are.
use super::base_url::BaseUrl;
use crate::keys::NodeKey;
use schemars::{JsonSchema, Schema, SchemaGenerator};
use serde::Deserialize;
use serde::de::value::MapAccessDeserializer;
use serde::de::{self, Deserializer, MapAccess, Visitor};
use std::borrow::Cow;
use std::fmt;
use watchdog_core::config::SecretRef;
use watchdog_core::id::Origin;

/// A gateway: its address alone, or `{ url, origin }`.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct GatewaySettings {
    /// Base address, without credentials: `https://mainnet.radixdlt.com`.
    pub url: BaseUrl,
    /// Failure domain. By default the host, and host and port where it is this machine, as with
    /// tunnels.
    pub origin: Option<Origin>,
}

/// The long form of a gateway.
#[derive(Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
struct Table {
    /// Base address, without credentials.
    url: BaseUrl,
    /// Failure domain; by default the host.
    #[serde(default)]
    origin: Option<Origin>,
}

impl<'de> Deserialize<'de> for GatewaySettings {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct UrlOrTable;

        impl<'de> Visitor<'de> for UrlOrTable {
            type Value = GatewaySettings;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("an address such as \"https://gateway.example\", or a table with `url` and `origin`")
            }

            fn visit_str<E: de::Error>(self, text: &str) -> Result<GatewaySettings, E> {
                let url = text.parse().map_err(E::custom)?;
                Ok(GatewaySettings { url, origin: None })
            }

            fn visit_map<A: MapAccess<'de>>(self, map: A) -> Result<GatewaySettings, A::Error> {
                let Table { url, origin } = Table::deserialize(MapAccessDeserializer::new(map))?;
                Ok(GatewaySettings { url, origin })
            }
        }

        deserializer.deserialize_any(UrlOrTable)
    }
}

impl JsonSchema for GatewaySettings {
    fn schema_name() -> Cow<'static, str> {
        "RadixGateway".into()
    }

    fn json_schema(generator: &mut SchemaGenerator) -> Schema {
        let table = Table::json_schema(generator);
        let url = BaseUrl::json_schema(generator);
        schemars::json_schema!({ "anyOf": [url, table] })
    }
}

/// `[validator.<name>.node.<node>]`: a node that can validate. Any of `system`, `core` and
/// `prometheus` may be absent; only a node with `system` and `core` can take over.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct NodeSettings {
    /// The node's own consensus key, as its `/system/identity` shows it: 66 hex digits.
    pub public_key: NodeKey,
    /// Address above `/system`: `http://10.0.0.4:3334`.
    #[serde(default)]
    pub system: Option<BaseUrl>,
    /// Core API: `http://10.0.0.4:3333/core`.
    #[serde(default)]
    pub core: Option<BaseUrl>,
    /// Metrics: `http://10.0.0.4:3335/prometheus/metrics`.
    #[serde(default)]
    pub prometheus: Option<BaseUrl>,
    /// User and password of a reverse proxy in front of the node.
    #[serde(default)]
    pub basic_auth: Option<BasicAuthSettings>,
    /// Failure domain of the node with all its endpoints. By default its host, and the node's name
    /// where that is this machine, as with tunnels.
    #[serde(default)]
    pub origin: Option<Origin>,
}

/// `basic_auth = { user, password }`.
#[derive(Clone, Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct BasicAuthSettings {
    /// User.
    pub user: String,
    /// Password, by reference.
    pub password: SecretRef,
}
