;;! title = "The response comes on the plugin context; acting as the stream that waits, the plugin reads it and lets the stream go on"
;;! spec = "proxy_on_http_call_response"
;;! abi = ["0.2.0", "0.2.1"]
;;! shows = ["vector/http_call_id", "sdk/plugin_context_in_call_response", "sdk/effective_context_in_call_response"]
;;! dialogue = [
;;!   { request = {} },
;;!   { http_call_response = { call = 1, headers = [["x-role", "admin"], ["x-role", "guest"]], body = "welcome", trailers = [["x-t", "1"]] } },
;;!   { response = {} },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_request_headers}}
    {{proxy_http_call "auth" {":method" "POST" ":path" "/check?a=b" ":authority" "auth.test" "X-Own" "1"} "who?" {"t" "1"} 1500}}
    {{PAUSE}})
  (func {{export proxy_on_http_call_response}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS ":status"}}
    {{proxy_set_effective_context 2}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_HEADERS}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS "X-Role"}}
    {{proxy_get_header_map_value HTTP_CALL_RESPONSE_HEADERS "x-missing"}}
    {{proxy_get_buffer_status HTTP_CALL_RESPONSE_BODY}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 0 -1}}
    {{proxy_get_buffer_bytes HTTP_CALL_RESPONSE_BODY 3 2}}
    {{proxy_get_header_map_pairs HTTP_CALL_RESPONSE_TRAILERS}}
    {{proxy_get_status}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-role" "admin"}}
    {{proxy_continue_stream HTTP_REQUEST}}))
