;;! title = "No pairs: nothing comes, without an allocation; no bytes, one zero byte and four all mean no pairs"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/pairs_none"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_pairs HTTP_RESPONSE_HEADERS}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS ""}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "a" "1"}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\00"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "a" "1"}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\00\00\00\00"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{CONTINUE}}))
