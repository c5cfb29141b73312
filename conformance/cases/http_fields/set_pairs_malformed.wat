;;! title = "Bytes that are no map count as an empty one, with a log line that says why"
;;! spec = "proxy_set_header_map_pairs"
;;! abi = ["0.1.0", "0.2.0", "0.2.1"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    ;; One byte is left over.
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\00\00\00\01\00\00\00\01\00\00\00a\00b\00!"}}
    ;; A value is not followed by a zero.
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\00\00\00\01\00\00\00\01\00\00\00a\00b!"}}
    ;; A length points past the end.
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\00\00\00\ff\ff\ff\ff\01\00\00\00a\00b\00"}}
    ;; 1025 entries.
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\01\04\00\00"}}
    ;; 1024 entries that are not there.
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\00\04\00\00"}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {":method" "GET" ":path" "/" ":authority" "a"}}}
    {{CONTINUE}}))
