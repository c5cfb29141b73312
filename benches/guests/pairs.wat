;; Reads all headers of the request at once, as SDKs do for plugins that look at more than a few.
(module
  {{imports}} {{marker}} {{memory}} {{data}}

  ;; Nothing outlives a stream, so the next one starts with an empty heap.
  (global $heap (mut i32) (i32.const 0x8000))
  (func (export "malloc") (param $size i32) (result i32)
    (global.get $heap)
    (global.set $heap (i32.add (global.get $heap) (local.get $size))))

  (func {{export proxy_on_context_create}}
    (global.set $heap (i32.const 0x8000)))
  (func {{export proxy_on_request_headers}}
    (if {{result proxy_get_header_map_pairs HTTP_REQUEST_HEADERS}} (then (unreachable)))
    (i32.const 0))
  (func {{export proxy_on_response_headers}} (i32.const 0))
  (func {{export proxy_on_log}})
  (func {{export proxy_on_done}} (i32.const 1))
  (func {{export proxy_on_delete}}))
