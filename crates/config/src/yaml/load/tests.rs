use super::super::{Node, Position, Value};
use super::load;

fn entry<'a>(node: &'a Node, key: &str) -> &'a Node {
    let Value::Mapping(entries) = &node.value else { panic!("not a mapping: {node:?}") };
    &entries.iter().find(|e| e.key == key).unwrap_or_else(|| panic!("no {key}")).value
}

fn text(node: &Node) -> &str {
    let Value::Scalar(scalar) = &node.value else { panic!("not a scalar: {node:?}") };
    &scalar.text
}

fn fault(text: &str) -> String {
    let fault = load(text).expect_err("must be refused");
    format!("{}:{}: {}", fault.at.line, fault.at.column, fault.message)
}

#[test]
fn places_are_counted_from_one() {
    let root = load("a:\n  b: [x,\n    y]\n").unwrap();
    let b = entry(entry(&root, "a"), "b");
    assert_eq!(b.at, Position { line: 2, column: 6 });
    let Value::Sequence(items) = &b.value else { panic!("not a list") };
    assert_eq!(items[1].at, Position { line: 3, column: 5 });
}

#[test]
fn json_is_yaml() {
    let root = load("{\n\t\"a\": {\"b\": [1, \"\\u00e9\\/\\n\"]},\n\t\"c\": null\n}\n").unwrap();
    let Value::Sequence(items) = &entry(entry(&root, "a"), "b").value else { panic!("not a list") };
    assert_eq!(text(&items[1]), "\u{e9}/\n");
    assert!(entry(&root, "c").is_null());
    assert_eq!(text(entry(&load("{\"a\": \"\\ud83d\\ude00\"}").unwrap(), "a")), "\u{1f600}");
}

#[test]
fn aliases_and_merge_keys() {
    let root = load("base: &b {x: 1, y: 2}\nother: &o {y: 3, z: 4}\nall: {<<: [*b, *o], x: 9}\n").unwrap();
    let all = entry(&root, "all");
    assert_eq!((text(entry(all, "x")), text(entry(all, "y")), text(entry(all, "z"))), ("9", "2", "4"));
}

#[test]
fn keys_marked_ignore_only_hold_anchors() {
    let root = load("!ignore holders:\n- &port 80\na: *port\n").unwrap();
    let Value::Mapping(entries) = &root.value else { panic!("not a mapping") };
    assert_eq!(entries.len(), 1);
    assert_eq!(text(entry(&root, "a")), "80");
}

#[test]
fn duplicates_documents_and_odd_keys_are_refused() {
    assert_eq!(fault("a: 1\nb: 2\na: 3\n"), "3:1: key \"a\" is given twice in this mapping; the first is on line 1");
    assert!(fault("a: 1\n---\nb: 2\n").starts_with("2:1: a second YAML document"));
    assert!(fault("[a]: 1\n").contains("a key is text here"));
    assert!(fault("a: !!binary Zg==\n").contains("!!binary"));
    assert!(fault("a: *nowhere\n").contains("&"));
    assert!(fault("a: \u{0} b\n").starts_with("1:4: the file contains the control character"));
    assert!(fault("<<: 3\n").contains("merge key"));
    assert!(fault("a: &a [*a]\n").contains("contain itself"));
}

#[test]
fn hostile_texts_are_refused_quickly() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..40 {
        let previous = level - 1;
        let aliases = vec![format!("*a{previous}"); 9].join(", ");
        bomb.push_str(&format!("a{level}: &a{level} [{aliases}]\n"));
    }
    assert!(fault(&bomb).contains("anchors and aliases"));

    let mut deep_aliases = "a0: &a0 [x]\n".to_owned();
    for level in 1..150 {
        deep_aliases.push_str(&format!("a{level}: &a{level} [*a{}]\n", level - 1));
    }
    assert!(fault(&deep_aliases).contains("levels deep"));

    assert!(!fault(&"[".repeat(100_000)).is_empty());
    assert!(!fault(&"- ".repeat(100_000)).is_empty());
    let mut staircase = String::new();
    for level in 0..1000 {
        staircase.push_str(&format!("{}a:\n", " ".repeat(level)));
    }
    assert!(fault(&staircase).contains("levels deep"));
}
