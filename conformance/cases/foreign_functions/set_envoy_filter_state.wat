;;! title = "set_envoy_filter_state sets objects that Envoy has names for"
;;! spec = "proxy_call_foreign_function"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_configure}}
    ;; There is no stream yet.
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\0cenvoy.string\12\01x"}}
    (i32.const 1))
  (func {{export proxy_on_request_headers}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\0cenvoy.string\12\04text"}}
    {{proxy_get_property "filter_state\00envoy.string"}}
    {{proxy_get_property "envoy.string"}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\0cenvoy.string\12\05other"}}
    {{proxy_get_property "filter_state\00envoy.string"}}
    ;; A name that nobody knows.
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\0cnobody.knows\12\01x"}}
    {{proxy_call_foreign_function "set_envoy_filter_state" ""}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\1benvoy.upstream.dynamic_port\12\0280"}}
    ;; A text that is no such object.
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\1benvoy.upstream.dynamic_port\12\06eighty"}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\10envoy.network.ip\12\0810.0.0.1"}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a\10envoy.network.ip\12\0b10.0.0.1:80"}}
    {{proxy_call_foreign_function "set_envoy_filter_state" "\0a3envoy.network.transport_socket.original_dst_address\12\0b10.0.0.1:80"}}
    ;; No message.
    {{proxy_call_foreign_function "set_envoy_filter_state" "\ff"}}
    {{CONTINUE}}))
