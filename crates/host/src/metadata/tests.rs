use super::{Locality, Metadata, MetadataStruct, MetadataValue, in_locality, in_metadata, in_struct, node_to_protobuf};
use crate::plugin::NodeInfo;
use tollgate_abi::encoding::property::Value;

fn text(text: &str) -> MetadataValue {
    MetadataValue::String(text.to_owned())
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

/// What Envoy 1.40 answers for `{filter_metadata: {ns: {k: v}}}`, less the order of its maps.
#[test]
fn metadata_is_its_protobuf_message() {
    let metadata: Metadata = [("ns", [("k", text("v"))].into_iter().collect::<MetadataStruct>())].into_iter().collect();
    assert_eq!(hex(&metadata.to_protobuf()), "0a100a026e73120a0a080a016b12031a0176");
    assert_eq!(in_metadata(&metadata, &[]), Some(Value::Bytes(metadata.to_protobuf())));
    assert_eq!(in_metadata(&metadata, &[b"filter_metadata", b"ns", b"k"]), Some("v".into()));
    assert_eq!(in_metadata(&metadata, &[b"filter_metadata", b"ns", b"k", b"x"]), None);
    assert_eq!(in_metadata(&metadata, &[b"filter_metadata", b"nope"]), None);
    assert_eq!(in_metadata(&metadata, &[b"nope"]), None);
    assert_eq!(Metadata::default().to_protobuf(), []);
}

/// Byte for byte what Envoy 1.40 answers for `xds.node` of the same node, less the order of its maps and its version.
#[test]
fn a_node_is_its_protobuf_message() {
    let inner = [("i", MetadataValue::Number(3.0))].into_iter().collect();
    let values: MetadataStruct = [
        ("o", MetadataValue::Struct(inner)),
        ("e", MetadataValue::Struct(MetadataStruct::default())),
        ("b", MetadataValue::Bool(true)),
        ("s", text("str")),
        ("l", MetadataValue::List(vec![MetadataValue::Number(1.0), text("two")])),
        ("z", MetadataValue::Null),
    ]
    .into_iter()
    .collect();
    let node = NodeInfo {
        id: "n1".to_owned(),
        cluster: "c1".to_owned(),
        metadata: values,
        locality: Locality { region: "r".to_owned(), zone: "z".to_owned(), sub_zone: String::new() },
        ..NodeInfo::default()
    };
    let expected = "0a026e31120263311a57\
        0a170a016f12122a100a0e0a01691209110000000000000840\
        0a070a016512022a00\
        0a070a016212022001\
        0a0a0a017312051a03737472\
        0a190a016c121432120a0911000000000000f03f0a051a0374776f\
        0a070a017a12020800\
        22060a017212017a";
    let actual = hex(&node_to_protobuf(&node));
    // The length of the structure depends on nothing but its fields.
    assert_eq!(actual.len(), expected.len());
    assert_eq!(actual[20..], expected[20..]);
}

#[test]
fn long_fields_have_long_lengths() {
    let node = NodeInfo { id: "x".repeat(200), ..NodeInfo::default() };
    assert_eq!(node_to_protobuf(&node)[..3], [0x0a, 0xc8, 0x01]);
}

#[test]
fn values_are_found_by_name_and_by_index() {
    let values: MetadataStruct =
        [("l", MetadataValue::List(vec![MetadataValue::Number(1.0), text("two")])), ("z", MetadataValue::Null)]
            .into_iter()
            .collect();
    assert_eq!(in_struct(&values, &[b"l", b"1"]), Some("two".into()));
    assert_eq!(in_struct(&values, &[b"l", b"0"]), Some(Value::Double(1.0)));
    for missing in [&[&b"l"[..], b"2"][..], &[b"l", b"-1"], &[b"l", b"x"], &[b"l", b"1", b"x"], &[b"q"], &[b"\xff"]] {
        assert_eq!(in_struct(&values, missing), None, "{missing:?}");
    }
    // A null has no encoding, nor has what contains one.
    assert_eq!(in_struct(&values, &[b"z"]).unwrap().encode(), None);
    assert_eq!(in_struct(&values, &[]).unwrap().encode(), None);
}

#[test]
fn a_name_is_there_once() {
    let values: MetadataStruct = [("a", text("1")), ("b", text("2")), ("a", text("3"))].into_iter().collect();
    assert_eq!(values.iter().collect::<Vec<_>>(), [("a", &text("3")), ("b", &text("2"))]);
}

#[test]
fn localities_have_three_fields() {
    let locality = Locality { region: "r".to_owned(), ..Locality::default() };
    assert_eq!(in_locality(&locality, &[]), Some(Value::Bytes(vec![0x0a, 1, b'r'])));
    assert_eq!(in_locality(&locality, &[b"region"]), Some("r".into()));
    assert_eq!(in_locality(&locality, &[b"sub_zone"]), Some("".into()));
    assert_eq!(in_locality(&locality, &[b"country"]), None);
}
