(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_property "key"}}
    {{proxy_get_property "wasm.key"}}
    {{proxy_get_property "filter_state\00wasm.key"}}
    {{proxy_get_property "filter_state\00key"}}
    {{proxy_get_property "filter_state\00envoy.string"}}
    {{proxy_get_property "upstream_filter_state\00wasm.key"}}
    {{proxy_set_property "key" "by another"}}
    {{CONTINUE}}))
