;;! title = "The specification's example, with the lengths written right: 108 bytes"
;;! spec = "11. Checklist and test vectors"
;;! abi = ["0.2.1"]
;;! shows = ["vector/pairs_four"]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS "\04\00\00\00\07\00\00\00\03\00\00\00\05\00\00\00\08\00\00\00\0a\00\00\00\0b\00\00\00\0a\00\00\00\0a\00\00\00:method\00GET\00:path\00/bytes/1\00:authority\00httpbin.org\00Powered-By\00proxy-wasm\00"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{CONTINUE}}))
