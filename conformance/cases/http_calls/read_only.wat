;;! title = "What a call has brought can be read and not written"
;;! spec = "proxy_on_http_call_response"
;;! abi = ["0.2.1"]
;;! dialogue = [{ request = {} }, { http_call_response = { call = 1, body = "ok" } }, { response = {} }]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "GET" ":path" "/check" ":authority" "auth.test"} "" {} 1000}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_set_effective_context 2}}
    {{proxy_add_header_map_value HTTP_CALL_RESPONSE_HEADERS "a" "1"}}
    {{proxy_replace_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status" "1"}}
    {{proxy_remove_header_map_value HTTP_CALL_RESPONSE_TRAILERS "a"}}
    {{proxy_set_header_map_pairs HTTP_CALL_RESPONSE_HEADERS {"a" "1"}}}
    {{proxy_get_header_map_size HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_set_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 1 "x"}}
    ;; What gRPC brings is not there.
    {{proxy_get_header_map_value GRPC_CALL_INITIAL_METADATA "a"}}
    {{proxy_get_header_map_pairs GRPC_CALL_TRAILING_METADATA}}
    {{proxy_get_buffer_bytes GRPC_CALL_MESSAGE 0 -1}}
    {{proxy_continue_stream HTTP_REQUEST}}))
