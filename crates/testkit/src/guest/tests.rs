use super::{TemplateError, assemble};
use tollgate_abi::AbiVersion;
use tollgate_host::module::{Baseline, CheckedModule};

fn checked(text: &str, abi: AbiVersion) -> CheckedModule {
    let text = assemble(text, abi).unwrap();
    CheckedModule::parse(text.as_bytes(), Baseline { simd: false, pieces: true })
        .unwrap_or_else(|error| panic!("{error}\n{text}"))
}

#[test]
fn one_text_serves_every_version() {
    let text = r#"(module {{prelude}}
        (func {{export proxy_on_request_headers}}
            {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
            {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {"a" "1" "b" "}}"}}}
            {{wasi_unstable.fd_write 1 ["hi" "\n"]}}
            {{fd_seek 1 -1 0}}
            {{CONTINUE}}))"#;
    for abi in AbiVersion::ALL {
        let module = checked(text, abi);
        assert_eq!(module.abi(), abi);
        assert_eq!(module.info().imports.len(), 4);
    }
}

#[test]
fn results_locals_and_expressions_are_arguments() {
    let text = r#"(module {{prelude}}
        (func {{export proxy_on_request_body}}
            {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 $body_size}}
            {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 (i32.load (i32.const 0x10)) (i32.load (i32.const 0x18))}}
            {{result proxy_log 6 @"x" 1}}))"#;
    checked(text, AbiVersion::V0_2_1);
}

#[test]
fn mistakes_are_told_with_their_line() {
    let error = |text: &str| assemble(text, AbiVersion::V0_2_1).unwrap_err();
    assert_eq!(error("\n\n{{proxy_lag 1}}").line, 3);
    assert_eq!(error("{{proxy_log 1}}").message, "proxy_log lacks its parameter message_data");
    assert_eq!(error("{{proxy_done 1}}").message, "proxy_done takes 0 values, not 1");
    let expected = TemplateError { line: 1, message: "a token is never closed".to_owned() };
    assert_eq!(error("{{proxy_log"), expected);
}
