;;! title = "A message that is headers alone has no last body callback, and so gets no trailers"
;;! spec = "proxy_add_header_map_value"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_add_header_map_value HTTP_REQUEST_TRAILERS "t" "1"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_headers}}
    {{proxy_add_header_map_value HTTP_RESPONSE_TRAILERS "t" "1"}}
    {{CONTINUE}}))
