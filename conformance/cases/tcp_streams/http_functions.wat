;;! title = "What is HTTP's, asked in a TCP connection"
;;! spec = "functions by context"
;;! abi = ["0.2.0", "0.2.1"]
;;! dialogue = [
;;!   { connect = true },
;;!   { downstream_data = { data = "ping" } },
;;! ]
(module {{prelude}}
  (func {{export proxy_on_downstream_data}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}}
    {{proxy_get_header_map_size HTTP_RESPONSE_HEADERS}}
    {{proxy_add_header_map_value HTTP_RESPONSE_HEADERS "a" "b"}}
    {{proxy_replace_header_map_value HTTP_REQUEST_TRAILERS "a" "b"}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_TRAILERS "a"}}
    {{proxy_set_header_map_pairs HTTP_REQUEST_HEADERS {"a" "b"}}}
    {{proxy_get_buffer_bytes HTTP_REQUEST_BODY 0 100}}
    {{proxy_set_buffer_bytes HTTP_REQUEST_BODY 0 0 "x"}}
    {{proxy_get_buffer_status HTTP_RESPONSE_BODY}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}
    {{proxy_send_local_response 403 "details" "body" {} -1}}
    {{proxy_close_stream HTTP_REQUEST}}
    {{proxy_close_stream HTTP_RESPONSE}}
    {{CONTINUE}}))
