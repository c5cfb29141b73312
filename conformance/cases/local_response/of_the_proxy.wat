;;! title = "An answer of the proxy itself passes the response callbacks too"
;;! spec = "proxy_on_response_headers"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { local_response = { status = 503, body = "no healthy upstream", details = "no_healthy_upstream" } }]
(module {{prelude}}
  (func {{export proxy_on_response_headers}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "x-seen" "yes"}}
    {{CONTINUE}})
  (func {{export proxy_on_response_body}}
    {{proxy_get_buffer_bytes HTTP_RESPONSE_BODY 0 -1}}
    {{CONTINUE}}))
