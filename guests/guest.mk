# The guest image and the native build of its payload.
guest_image_obj :=
native_obj :=
