;;! title = "A module without memory runs as long as it passes no addresses"
;;! spec = "8.1 Memory ownership and the allocator protocol"
;;! abi = ["0.2.1"]
(module {{imports}} {{marker}}
  (func (export "malloc") (param $size i32) (result i32) (i32.const 0))
  (func {{export proxy_on_request_headers}}
  {{proxy_get_buffer_status HTTP_REQUEST_BODY 0 4}}
  {{proxy_log INFO 0 0}}
  {{proxy_log INFO 0 1}}
  {{proxy_get_header_map_value HTTP_REQUEST_HEADERS 0 0 0 4}}
  {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS 0 4}}
  {{proxy_continue_stream HTTP_REQUEST}}
  {{environ_get 0 0}}
  {{random_get 0 1}}
  {{CONTINUE}}))
