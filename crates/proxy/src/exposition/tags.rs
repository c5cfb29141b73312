//! Parts of names that Prometheus sees as labels, those of Envoy's default tags that have a counterpart here.

/// A name without the parts that have become labels, and the labels in Envoy's order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(super) struct Tagged {
    pub(super) name: String,
    pub(super) labels: Vec<(&'static str, String)>,
}

/// Takes the labels out of a name.
pub(super) fn extract(name: &str) -> Tagged {
    let mut tagged = Tagged { name: name.to_owned(), labels: Vec::new() };
    response_code(&mut tagged);
    for (first, label) in
        [("cluster.", "envoy_cluster_name"), ("http.", "envoy_http_conn_manager_prefix"), ("tcp.", "envoy_tcp_prefix")]
    {
        second_part(&mut tagged, first, label);
    }
    tagged
}

/// `..._rq_503` becomes `..._rq`, and `..._rq_5xx` becomes `..._rq_xx`.
fn response_code(tagged: &mut Tagged) {
    let Some((head, code)) = tagged.name.rsplit_once("_rq_") else { return };
    let is_digit = |byte: &u8| byte.is_ascii_digit();
    let (name, label) = match code.as_bytes() {
        [one, two, three] if [one, two, three].into_iter().all(is_digit) => {
            (format!("{head}_rq"), ("envoy_response_code", code.to_owned()))
        }
        [class, b'x', b'x'] if is_digit(class) => {
            (format!("{head}_rq_xx"), ("envoy_response_code_class", char::from(*class).to_string()))
        }
        _ => return,
    };
    tagged.name = name;
    tagged.labels.push(label);
}

/// `cluster.NAME.rest` becomes `cluster.rest`.
fn second_part(tagged: &mut Tagged, first: &str, label: &'static str) {
    let Some((part, rest)) = tagged.name.strip_prefix(first).and_then(|rest| rest.split_once('.')) else { return };
    let (part, name) = (part.to_owned(), format!("{first}{rest}"));
    tagged.name = name;
    tagged.labels.push((label, part));
}
