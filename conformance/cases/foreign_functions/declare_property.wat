;;! title = "declare_property makes properties read-only, or lets them live as long as the connection"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
;;! dialogue = [{ stream = "one", request = {} }, { stream = "one", response = {} }, { stream = "one", finish = true }, { stream = "two", request = {} }, { stream = "two", response = {} }]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    {{proxy_call_foreign_function "declare_property" "\0a\04once\10\01"}}
    ;; Once for each name.
    {{proxy_call_foreign_function "declare_property" "\0a\04once"}}
    {{proxy_call_foreign_function "declare_property" "\0a\04kept\18\01(\02"}}
    {{proxy_call_foreign_function "declare_property" "\0a\09kept-once\10\01(\02"}}
    ;; No message.
    {{proxy_call_foreign_function "declare_property" "\ff\ff"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "kept"}}
    {{proxy_set_property "once" "1"}}
    {{proxy_set_property "once" "2"}}
    {{proxy_get_property "once"}}
    {{proxy_set_property "kept" "for long"}}
    {{proxy_get_property "kept"}}
    {{proxy_get_property "filter_state\00wasm.kept"}}
    {{proxy_set_property "kept-once" "1"}}
    ;; What a stream declares holds for nobody, but only once.
    {{proxy_call_foreign_function "declare_property" "\0a\04late\10\01"}}
    {{proxy_call_foreign_function "declare_property" "\0a\04late\10\01"}}
    {{proxy_set_property "late" "1"}}
    {{proxy_set_property "late" "2"}}
    {{CONTINUE}}))
