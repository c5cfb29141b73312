;;! title = "A map is set as if its fields were added: those that may occur once are joined, host is :authority"
;;! spec = "proxy_set_header_map_pairs"
;;! abi = ["0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {":method" "GET" ":path" "/one" ":path" "/two" "Host" "other" ":scheme" "http" "x-forwarded-proto" "http" "accept" "a" "Accept" "b" "accept" "" "x-many" "1" "x-many" "2"}}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{CONTINUE}}))
