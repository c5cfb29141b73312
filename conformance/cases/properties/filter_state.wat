;;! title = "What a plugin sets, and what it has a foreign function set, is read by another plugin as filter state"
;;! spec = "proxy_set_property"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "writes" }, { name = "reads", module = "../shared/reads_filter_state.wat", vm = { vm_id = "another" } }]
;;! dialogue = [{ stream = "a", request = {} }, { stream = "a", response = {} }, { stream = "b", request = { path = "/other" } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    ;; Only on the first stream.
    (if (i32.ne (local.get $context_id) (i32.const 2)) (then (return {{CONTINUE}})))
    {{proxy_set_property "key" "by property"}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\0cenvoy.string\12\08by a key"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_get_property "key"}}
    {{proxy_get_property "filter_state\00wasm.key"}}
    {{CONTINUE}}))
