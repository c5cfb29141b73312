;;! title = "Trailers are made in the last body callback, and only there"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
;;! dialogue = [{ request = { method = "POST", body = ["one", "two"] } }, { response = { body = ["x"] } }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "t" "1"}}
    {{CONTINUE}})
  (func {{export proxy_on_request_body}}
    {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "t" "1"}}
    {{proxy_get_header_map_value HTTP_REQUEST_TRAILERS "t"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_TRAILERS {"u" "2"}}}
    {{CONTINUE}}))
