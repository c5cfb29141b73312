;;! title = "A path with segments is found by the same path, and under `filter_state`"
;;! spec = "proxy_set_property"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_property "a\00b" "1"}}
    {{proxy_get_property "a\00b"}}
    {{proxy_get_property "a\00b\00"}}
    {{proxy_get_property "a"}}
    {{proxy_set_property "key" "2"}}
    {{proxy_get_property "filter_state\00wasm.key"}}
    {{proxy_get_property "filter_state\00key"}}
    {{proxy_set_property "trailing\00" "3"}}
    {{proxy_get_property "trailing\00"}}
    {{proxy_get_property "trailing"}}
    {{CONTINUE}}))
