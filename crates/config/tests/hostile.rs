//! No text makes the parser panic, and none is refused without a reason.

use std::fs;
use std::path::Path;

use proptest::prelude::{Strategy, any, proptest};
use proptest::sample::{Index, select};
use proptest::{collection, test_runner};
use tollgate_config::parse;

/// One change of a text; places are chosen relative to its length.
#[derive(Clone, Debug)]
enum Change {
    CutLine(Index),
    DoubleLine(Index),
    Insert(Index, &'static str),
    Remove(Index, usize),
    SwapLines(Index, Index),
    Truncate(Index),
}

proptest! {
    #![proptest_config(test_runner::Config { cases: 1500, failure_persistence: None, ..test_runner::Config::default() })]

    #[test]
    fn changed_files_are_read_or_refused_with_a_reason(
        text in select(samples()),
        changes in collection::vec(change(), 1..6),
    ) {
        let text = changes.into_iter().fold(text, apply);
        check(&text);
    }

    #[test]
    fn any_text_is_read_or_refused_with_a_reason(text in any::<String>()) {
        check(&text);
    }
}

#[test]
fn line_ends_and_byte_order_marks_change_nothing() {
    for text in samples() {
        let read = |text: &str| format!("{:?}", parse("f", text).expect("an accepted file").bootstrap);
        assert_eq!(read(&text.replace('\n', "\r\n")), read(&text));
        if !text.starts_with('%') {
            assert!(parse("f", &format!("\u{feff}{text}")).is_ok());
        }
    }
}

#[test]
fn every_beginning_of_a_file() {
    for text in samples() {
        for (end, _) in text.char_indices().step_by(7) {
            check(&text[..end]);
        }
    }
}

#[test]
fn endless_errors_are_cut_short() {
    let bad = "bad: &b [{x: 1}, {x: 1}, {x: 1}, {x: 1}, {x: 1}, {x: 1}, {x: 1}, {x: 1}, {x: 1}, {x: 1}]\n";
    let text = format!(
        "!ignore {bad}static_resources: {{listeners: *b, clusters: *b}}\nhuge: [{}]\n",
        "{y: 2}, ".repeat(50_000)
    );
    let many = "- {zzz: 1}\n".repeat(20_000);
    let errors =
        parse("many.yaml", &format!("static_resources:\n  listeners:\n{}", many.replace("- ", "  - "))).unwrap_err();
    assert_eq!(errors.0.len(), 101);
    assert!(parse("alias.yaml", &text).is_err());
}

fn check(text: &str) {
    if let Err(errors) = parse("hostile.yaml", text) {
        assert!(!errors.0.is_empty(), "refused for a reason: {text:?}");
        let lines = text.lines().count() + 2;
        for error in &errors.0 {
            assert!(error.line >= 1 && error.line <= lines && error.column >= 1, "a place in the file: {error}");
            assert!(!error.message.is_empty());
            assert!(!error.message.contains("report it as a bug"), "{text:?}");
        }
    }
}

fn samples() -> Vec<String> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/accepted");
    let mut paths: Vec<_> = fs::read_dir(folder).expect("the folder").map(|e| e.expect("an entry").path()).collect();
    paths.retain(|path| path.extension().is_some_and(|e| e != "txt"));
    paths.sort();
    paths.iter().map(|path| fs::read_to_string(path).expect("UTF-8")).collect()
}

fn change() -> impl Strategy<Value = Change> {
    let scraps = vec![
        ":",
        ": ",
        "- ",
        "\n",
        "  ",
        "\t",
        "{",
        "}",
        "[",
        "]",
        "'",
        "\"",
        "*a",
        "&a ",
        "<<: ",
        "~",
        "!!str ",
        "!x ",
        "|\n",
        ">-\n",
        "?",
        "#",
        "0",
        "-1",
        "99999999999999999999",
        "1e400",
        ".nan",
        "\u{0}",
        "\u{feff}",
        "\u{e9}",
        "\u{1f600}",
        "---\n",
        "...\n",
        "%YAML 1.1\n",
        "@type",
        ",",
    ];
    proptest::prop_oneof![
        any::<Index>().prop_map(Change::CutLine),
        any::<Index>().prop_map(Change::DoubleLine),
        (any::<Index>(), select(scraps)).prop_map(|(at, scrap)| Change::Insert(at, scrap)),
        (any::<Index>(), 1..40_usize).prop_map(|(at, length)| Change::Remove(at, length)),
        (any::<Index>(), any::<Index>()).prop_map(|(a, b)| Change::SwapLines(a, b)),
        any::<Index>().prop_map(Change::Truncate),
    ]
}

fn apply(text: String, change: Change) -> String {
    let chars: Vec<char> = text.chars().collect();
    let mut lines: Vec<&str> = text.split('\n').collect();
    match change {
        Change::CutLine(at) => {
            lines.remove(at.index(lines.len()));
            lines.join("\n")
        }
        Change::DoubleLine(at) => {
            let at = at.index(lines.len());
            lines.insert(at, lines[at]);
            lines.join("\n")
        }
        Change::Insert(at, scrap) => {
            let at = at.index(chars.len() + 1);
            chars[..at].iter().copied().chain(scrap.chars()).chain(chars[at..].iter().copied()).collect()
        }
        Change::Remove(at, length) => {
            let at = at.index(chars.len() + 1);
            chars[..at].iter().chain(chars.iter().skip(at + length)).collect()
        }
        Change::SwapLines(a, b) => {
            let (a, b) = (a.index(lines.len()), b.index(lines.len()));
            lines.swap(a, b);
            lines.join("\n")
        }
        Change::Truncate(at) => chars[..at.index(chars.len() + 1)].iter().collect(),
    }
}
