;;! title = "What is in no enumeration, and a context that is not, are bad arguments"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/unknown_values"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_effective_context 999}}
    {{proxy_continue_stream 4}}
    {{proxy_log 6 "message"}}
    {{proxy_get_buffer_bytes 9 0 1}}
    {{proxy_get_header_map_value 8 ":path"}}
    {{CONTINUE}}))
