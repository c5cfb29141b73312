;;! title = "Every host function, called from the allocator: very few are allowed"
;;! spec = "6.2 What may be called during start-up code"
;;! abi = ["0.2.1"]
;;! shows = ["sdk/calls_while_allocating"]
;;! each = ["allowed_in_allocator", "each restricted_in_allocator", "each ending"]
;;! dialogue = [{ request = {} }]
(module {{imports}} {{marker}} {{memory}} {{data}}
  (func (export "malloc") (param $size i32) (result i32)
    {{calls EACH}}
    (i32.const 0x400))
  (func {{export proxy_on_request_headers}}
    {{proxy_get_header_map_value HTTP_REQUEST_HEADERS ":path"}}
    {{CONTINUE}}))
