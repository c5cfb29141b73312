;;! title = "A logger cannot change the stream: maps are read-only, properties are not stored, and resuming, answering or closing does nothing"
;;! spec = "proxy_on_log"
;;! abi = ["0.2.1"]
;;! plugin = [{ name = "one", access_log = true }, { name = "two", access_log = true }]
(module {{prelude}}
  (func {{export proxy_on_log}}
    {{proxy_add_header_map_value HTTP_REQUEST_HEADERS "x-late" "1"}}
    {{proxy_replace_header_map_value HTTP_RESPONSE_HEADERS ":status" "500"}}
    {{proxy_remove_header_map_value HTTP_RESPONSE_HEADERS ":status"}}
    {{proxy_set_header_map_pairs HTTP_RESPONSE_TRAILERS {"x" "y"}}}
    {{proxy_get_header_map_size HTTP_REQUEST_HEADERS}}
    {{proxy_set_property "late" "1"}}
    {{proxy_get_property "late"}}
    {{proxy_set_buffer_bytes HTTP_RESPONSE_BODY 0 0 "x"}}
    {{proxy_send_local_response 418 "" "no" {} -1}}
    {{proxy_continue_stream HTTP_REQUEST}}
    {{proxy_close_stream HTTP_REQUEST}}
    {{proxy_get_header_map_value HTTP_RESPONSE_HEADERS ":status"}}))
