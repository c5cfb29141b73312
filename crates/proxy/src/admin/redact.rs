//! A configuration as it may be shown: without keys, passwords and tokens.

use serde_json::Value;

/// What stands in the place of a secret, as in Envoy.
const REDACTED: &str = "[redacted]";

/// Where a secret is, not what it is.
const PLACES: [&str; 4] = ["@type", "environment_variable", "filename", "name"];

/// The same document with [`REDACTED`] for every secret. Where a secret is kept outside of the document, it still says where.
pub(super) fn redacted(document: &Value) -> Value {
    shown(document, false)
}

fn shown(value: &Value, is_secret: bool) -> Value {
    match value {
        Value::Object(fields) => {
            let field = |(name, value): (&String, &Value)| {
                let is_place = PLACES.contains(&&**name);
                (name.clone(), shown(value, (is_secret && !is_place) || names_a_secret(name)))
            };
            fields.iter().map(field).collect()
        }
        Value::Array(items) => items.iter().map(|item| shown(item, is_secret)).collect(),
        Value::Null => Value::Null,
        _ if is_secret => REDACTED.into(),
        value => value.clone(),
    }
}

/// Whether a field holds a secret. Rather one too many: what is hidden here stands in the file.
fn names_a_secret(name: &str) -> bool {
    let words: Vec<_> = name.split(|c: char| !c.is_ascii_alphanumeric()).map(str::to_ascii_lowercase).collect();
    let is = |word: &str| words.iter().any(|own| own == word);
    let ends = |word: &str| words.iter().any(|own| own.ends_with(word));
    ends("password")
        || ends("passwd")
        || ends("passphrase")
        || ends("token")
        || ends("secret")
        || ends("credential")
        || ends("credentials")
        || is("authorization")
        || is("apikey")
        || is("privatekey")
        || name.ends_with("api_key")
        || name.ends_with("private_key")
        || name.ends_with("secret_key")
        || name == "session_ticket_keys"
        || name == "secrets"
}

#[cfg(test)]
mod tests {
    use super::redacted;
    use serde_json::json;

    #[test]
    fn secrets_are_not_shown_and_their_places_are() {
        let shown = redacted(&json!({
            "tls_certificates": [{
                "certificate_chain": {"inline_string": "PUBLIC"},
                "private_key": {"inline_string": "KEY"},
                "password": {"inline_bytes": "KEY"},
            }, {"private_key": {"filename": "/keys/a.pem"}}],
            "registry": {"username": "me", "password": "KEY", "identity_token": "KEY", "port": 1},
            "credentials": {"name": "mine", "values": ["KEY", {"x": 7}]},
            "apiKey": "a", "api_key": "KEY", "clientSecret": 5, "tokens_per_fill": 4, "none": null,
        }));
        assert!(!shown.to_string().contains("KEY\""), "{shown}");
        assert_eq!(shown.pointer("/tls_certificates/0/certificate_chain/inline_string"), Some(&json!("PUBLIC")));
        assert_eq!(shown.pointer("/tls_certificates/1/private_key/filename"), Some(&json!("/keys/a.pem")));
        assert_eq!(shown["registry"]["username"], "me");
        assert_eq!(shown["registry"]["identity_token"], "[redacted]");
        assert_eq!(shown["credentials"], json!({"name": "mine", "values": ["[redacted]", {"x": "[redacted]"}]}));
        assert_eq!((&shown["apiKey"], &shown["clientSecret"]), (&json!("[redacted]"), &json!("[redacted]")));
        assert_eq!((&shown["tokens_per_fill"], &shown["none"]), (&json!(4), &json!(null)));
    }
}
